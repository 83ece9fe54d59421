// The batches that wait for the thread of a sink: in their order, bounded, and with the account of all that came.
//
// What submit() accepts is `held` until the thread says what became of it, by settle() or, where a further stage keeps
// an account of its own, by joined().
//
// Thread rules: submit(), close() and account() from any thread; one thread takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "sinks/sink.h"

namespace weir {

class BatchQueue {
 public:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    BatchRef batch;
    Clock::time_point since;
  };

  // `wake` is called, without waiting in it, when there is something to take after there was nothing, and by close():
  // for a thread that waits elsewhere than in take().
  explicit BatchQueue(const SinkContext& context, std::function<void()> wake = [] {});

  // As Sink::submit(). After close() what comes is dropped as kClosing.
  void submit(BatchRef batch);

  // The oldest batch. Waits for one until `until`, or until close(): then there is none.
  std::optional<Waiting> take(Clock::time_point until = Clock::time_point::max());
  // The same without waiting.
  std::optional<Waiting> try_take() { return take(Clock::time_point::min()); }
  bool empty() const;
  // Nothing waits, and nothing comes any more.
  bool at_end() const;
  bool closed() const;

  // Flows that were held.
  void settle(std::uint64_t delivered, std::uint64_t dropped, SinkDrop reason);
  // Drops what waits, or all that is held.
  void drop_waiting(SinkDrop reason);
  void drop_held(SinkDrop reason);

  // False: it was closed before.
  bool close();
  // The thread has done all it will. wait_finished() waits for that.
  void finish();
  void wait_finished(Clock::time_point deadline);

  Account<SinkDrop> account() const;

 private:
  bool has_room() const { return waiting_.size() < most_; }

  const std::size_t most_;
  const WhenFull when_full_;
  const std::function<void()> wake_;

  mutable std::mutex mutex_;
  std::condition_variable there_;  // for take()
  std::condition_variable room_;   // for submit()
  std::condition_variable done_;   // for wait_finished()
  std::deque<Waiting> waiting_;
  Account<SinkDrop> account_;
  bool closed_ = false;
  bool finished_ = false;
};

// The account of a queue and the stage behind it, in which nothing is lost on the way from one to the other.
// REQUIRES that `stage` was read before `queue`.
Account<SinkDrop> joined(Account<SinkDrop> queue, const Account<SinkDrop>& stage);

}  // namespace weir
