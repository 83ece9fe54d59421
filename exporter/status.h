// What an exporter knows of itself: the whole ledger at one moment, and its renderings.
//
// Plain data; free to pass between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "enrich/status.h"
#include "exporter/capture/live_capture.h"
#include "exporter/metering_thread.h"
#include "sinks/sink.h"

namespace weir {

struct ExporterStatus {
  std::string version;
  std::uint64_t started_ns = 0;  // wall time
  std::uint64_t now_ns = 0;
  std::vector<InterfaceStatus> interfaces;
  std::vector<MeteringStatus> meters;
  std::vector<SinkStatus> sinks;
  EnrichmentStatus enrichment;
  std::size_t resident_bytes = 0;

  CaptureStats captured() const;
  MeterStatus metered() const;
  std::uint64_t flows_published() const;
  std::uint64_t flows_pending() const;
  // Packets that a metering thread has taken from its ring, but not yet counted.
  std::uint64_t in_hand() const { return captured().packets.out - metered().packets.in; }

  // Every equation of the ledger that does not hold, in words:
  //   captured = handed over + in the ring + dropped{reason}     for each interface
  //   handed over = metered + in hand (a batch a thread)
  //   metered = counted into a flow + held + dropped{reason}     for each thread
  //   records = handed to sinks + in an open batch               for each thread
  //   records handed over = a sink's in = out + held + dropped   for each sink
  std::vector<std::string> imbalances() const;
  // Something is captured, and no sink is in trouble.
  bool ready() const;
};

std::string status_text(const ExporterStatus& status);
std::string status_json(const ExporterStatus& status);

}  // namespace weir
