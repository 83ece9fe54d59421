// A lane takes messages to flows: one decoder, one batch writer, and their ledger, behind one lock. Every UDP worker
// has one, and all TCP connections share one.
//
// Thread rules: everything but lock() REQUIRES that the caller holds the lock. Whoever holds the locks of all lanes
// sees a ledger that balances exactly, sinks included, since batches are handed to the sinks under the lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "codecs/decoder.h"
#include "collector/allow_list.h"
#include "collector/arrivals.h"
#include "flow/batch.h"

namespace weir {

struct LaneStatus {
  std::string name;  // the worker's number, or "tcp"
  Account<ArrivalDrop> arrivals;
  std::uint64_t bytes = 0;            // of the messages that were received
  std::uint64_t flows_published = 0;  // handed to the sinks
  std::uint64_t flows_pending = 0;    // decoded, in a batch that is not full yet
  std::size_t template_memory = 0;
  std::size_t held_memory = 0;
  ExporterStats totals;
};

class Lane {
 public:
  using Publish = std::function<void(const BatchRef&)>;

  Lane(std::string name, const Decoder::Limits& limits, AllowList allow, std::vector<Prefix> trusted,
       std::shared_ptr<BatchPool> pool, Publish publish, BatchWriter::Seal seal = {});

  [[nodiscard]] std::unique_lock<std::mutex> lock() const { return std::unique_lock(mutex_); }

  // One message that was received. `truncated`: there was more of it.
  void receive(const Session& session, Bytes message, bool truncated, std::uint64_t received_ns);
  // Something that arrived but could not become a message.
  void drop_arrivals(ArrivalDrop reason, std::uint64_t count);
  bool allows(const IpAddress& sender) const { return allow_.allows(sender); }
  void close_session(const Session& session) { decoder_.close_session(session); }

  // Once a second, by wall time.
  void tick(std::uint64_t now_ns) { decoder_.tick(now_ns, writer_); }
  // Publishes a batch whose first flow is at least `age_ns` old at `steady_now_ns`.
  void flush_older_than(std::uint64_t age_ns, std::uint64_t steady_now_ns);
  bool has_pending() const { return writer_.pending() > 0; }
  // The last call before the end of input: nothing stays unpublished.
  void finish(std::uint64_t now_ns);

  LaneStatus status() const;
  Decoder& decoder() { return decoder_; }
  const Decoder& decoder() const { return decoder_; }

 private:
  void publish(BatchRef batch);

  const std::string name_;
  const AllowList allow_;
  const Publish publish_;
  mutable std::mutex mutex_;
  Decoder decoder_;
  std::uint64_t received_ = 0;
  std::uint64_t bytes_ = 0;
  Account<ArrivalDrop> undecoded_;  // drops before the decoder; its `in` is not used
  std::uint64_t flows_published_ = 0;
  std::uint64_t pending_since_ns_ = 0;  // steady; 0: unknown
  BatchWriter writer_;                  // last, since it publishes once more when it goes
};

}  // namespace weir
