// One thread that takes packets from a source to flows in batches: it owns a meter and its ledger, behind one lock.
//
// Thread rules: start() once, then stop() or the destructor, from the owner's thread. status() REQUIRES the lock.
// Whoever holds the locks of all metering threads sees a ledger that balances exactly, sinks included, since batches
// are handed to the sinks under the lock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "exporter/capture/packet_source.h"
#include "exporter/live_feed.h"
#include "exporter/metering/meter.h"
#include "flow/batch.h"

namespace weir {

struct MeteringStatus {
  std::string name;
  MeterStatus meter;
  std::uint64_t flows_published = 0;  // records handed to the sinks
  std::uint64_t flows_pending = 0;    // in a batch that is not full yet
  std::string error;                  // why the source ended early
};

class MeteringThread {
 public:
  struct Context {
    bool live = false;  // packets carry today's time, and idle time passes by the wall clock
    std::chrono::nanoseconds flush_interval{0};
    std::shared_ptr<BatchPool> pool;
    std::function<void(const BatchRef&)> publish;
    BatchWriter::Seal seal;
    LiveView* view = nullptr;  // outlives the thread
    // Index and name of the interfaces that are there now; asked once a second.
    std::function<std::vector<std::pair<std::uint32_t, std::string>>()> interface_names;
  };

  MeteringThread(std::string name, PacketSource& source, const MeterOptions& options, Context context);
  // Stops without draining.
  ~MeteringThread();

  void start();
  // Has the thread take in what was captured until now, at the latest until `deadline`, write every flow, and end.
  void request_stop(std::chrono::steady_clock::time_point deadline);
  // The same, unless that was done, and waits for it. Safe to call again.
  void stop(std::chrono::steady_clock::time_point deadline);
  // The source has ended (a file was read) or the thread was stopped, and all its flows are published.
  bool ended() const { return ended_; }

  [[nodiscard]] std::unique_lock<std::mutex> lock() const { return std::unique_lock(mutex_); }
  MeteringStatus status() const;

 private:
  void run();
  bool turn(std::chrono::milliseconds timeout);
  void drain();
  void keep_house(bool quiet, std::uint64_t packet_ns, std::uint64_t wall_ns);
  void flush_if_old(std::uint64_t steady_ns);
  void refresh_names(std::uint64_t wall_ns);
  std::chrono::milliseconds patience() const;

  const std::string name_;
  PacketSource& source_;
  const Context context_;
  const std::uint64_t max_clock_error_ns_;
  mutable std::mutex mutex_;
  std::uint64_t flows_published_ = 0;
  std::uint64_t pending_since_ns_ = 0;  // steady; 0: unknown
  std::string error_;
  BatchWriter writer_;
  Meter meter_;  // after the writer, which it writes to as it goes
  LiveFeed feed_;
  std::uint64_t next_names_ns_ = 0;
  std::chrono::steady_clock::time_point drain_deadline_{};  // set before `stopping_`
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace weir
