// The exporter: takes packets from interfaces or a capture file, meters them into flows, and hands every batch of flows
// to every sink. One metering thread for each thread of the capture.
//
// Thread rules: start() and stop() from one thread; everything else from any.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "enrich/enrichment.h"
#include "exporter/capture/live_capture.h"
#include "exporter/metering/meter.h"
#include "exporter/status.h"
#include "sinks/sink.h"

namespace weir {

struct ExporterOptions {
  MeterOptions meter;                             // max_flows: of all threads together
  std::chrono::milliseconds flush_interval{200};  // how long a flow waits for its batch to fill
  std::shared_ptr<Enrichment> enrichment;         // null: flows go on as they are metered
};

class Exporter {
 public:
  // From a live capture of `threads` threads. All of it runs afterwards.
  static Result<std::unique_ptr<Exporter>> start(const ExporterOptions& options, std::unique_ptr<LiveCapture> capture,
                                                 unsigned threads, std::vector<std::unique_ptr<Sink>> sinks);
  // From a file, named `name` in the status; its flows go by the packets' times.
  static Result<std::unique_ptr<Exporter>> start(const ExporterOptions& options, std::unique_ptr<PacketSource> file,
                                                 std::string name, std::vector<std::unique_ptr<Sink>> sinks);
  // Without stop(): ends at once, as a crash would.
  ~Exporter();

  ExporterStatus status() const;
  // The answer to a command of the control socket: "status", "status json", and those of live/live_view.h.
  Result<std::string> answer(std::string_view command) const;

  // The file was read, or every source failed.
  bool ended() const;
  bool all_sinks_gone() const;
  void reopen();
  // Meters what was captured until now, writes every flow, and closes the sinks, each step at the latest at `deadline`.
  // status() still answers afterwards, with the final ledger.
  void stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  explicit Exporter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
