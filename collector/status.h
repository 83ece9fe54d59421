// What a collector knows of itself: the whole ledger at one moment, and its renderings.
//
// Plain data; free to pass between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codecs/decoder.h"
#include "collector/arrivals.h"
#include "collector/lane.h"
#include "collector/relay.h"
#include "collector/tcp_listener.h"
#include "collector/worker.h"
#include "enrich/status.h"
#include "sinks/sink.h"

namespace weir {

struct CollectorStatus {
  std::string version;
  std::uint64_t started_ns = 0;  // wall time
  std::uint64_t now_ns = 0;
  std::vector<SocketStatus> sockets;
  TcpStatus tcp;
  std::vector<LaneStatus> lanes;
  std::vector<ExporterStats> exporters;  // most flows first
  std::vector<SinkStatus> sinks;
  std::vector<RelayStatus> relays;
  EnrichmentStatus enrichment;
  std::size_t resident_bytes = 0;  // of the process
  std::string state_error;         // why the state could not be saved last time; empty while all is well

  Account<ArrivalDrop> arrivals() const;
  // Over all exporters, those forgotten for lack of room included.
  ExporterStats totals() const;
  std::uint64_t flows_published() const;
  std::uint64_t flows_pending() const;

  // Every equation of the ledger that does not hold, in words; empty when nothing is lost silently:
  //   arrived = decoded + dropped{reason}                      for each worker
  //   sets in = decoded + held + dropped{reason}               for each exporter
  //   flows decoded = handed to sinks + in an open batch       for each worker
  //   datagrams to relay = sent + dropped                      for each relay
  //   flows handed over = a sink's in = out + held + dropped   for each sink
  std::vector<std::string> imbalances() const;
  // No sink is in trouble and every socket is open.
  bool ready() const;
};

// For people: totals, the `top` exporters by flows, sinks, drops by reason, and whether the ledger balances.
std::string status_text(const CollectorStatus& status, std::size_t top = 20);
// One JSON object; 64-bit numbers are exact.
std::string status_json(const CollectorStatus& status);
// The templates in force as a JSON array, elements with their registered names.
std::string templates_json(std::span<const TemplateView> templates);

// Merges entries of one exporter and domain that several lanes know (it sends over UDP and TCP), most flows first.
std::vector<ExporterStats> merge_exporters(std::vector<ExporterStats> all);

}  // namespace weir
