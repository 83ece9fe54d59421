// A sink that tests look into, and can hold up.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "sinks/sink.h"

namespace weir {

// What a TestSink saw. It outlives the sink, which belongs to the collector.
struct Seen {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t flows = 0;
  std::uint64_t bytes = 0;  // sum over the flows
  std::uint64_t reopened = 0;
  bool waiting = false;  // in submit(), before an open gate
  bool closed = false;
  bool gate_open = true;

  void set_gate(bool open) {
    const std::lock_guard lock(mutex);
    gate_open = open;
    changed.notify_all();
  }
  template <typename Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex);
    changed.wait(lock, condition);
  }
  void wait_for_flows(std::uint64_t n) {
    wait([&] { return flows >= n; });
  }
  std::uint64_t flows_now() {
    const std::lock_guard lock(mutex);
    return flows;
  }
};

class TestSink : public Sink {
 public:
  // Takes batches of which it has room for `room` flows until it is closed; any number when 0.
  explicit TestSink(std::shared_ptr<Seen> seen, std::uint64_t room = 0) : seen_(std::move(seen)), room_(room) {}

  void submit(BatchRef batch) override {
    std::unique_lock lock(seen_->mutex);
    seen_->waiting = true;
    seen_->changed.notify_all();
    seen_->changed.wait(lock, [this] { return seen_->gate_open; });
    seen_->waiting = false;
    const std::uint64_t n = batch->flows().size();
    account_.in += n;
    if (room_ > 0 && account_.held + n > room_) {
      account_.drop(SinkDrop::kQueueFull, n);
    } else {
      (room_ > 0 ? account_.held : account_.out) += n;
      for (const Flow& flow : batch->flows()) seen_->bytes += flow.bytes;
    }
    seen_->flows += n;
    seen_->changed.notify_all();
  }

  SinkStatus status() const override {
    const std::lock_guard lock(seen_->mutex);
    return {"test", account_, 0, ""};
  }

  void reopen() override { ++seen_->reopened; }

  void close(std::chrono::steady_clock::time_point) override {
    const std::lock_guard lock(seen_->mutex);
    account_.out += std::exchange(account_.held, 0);
    seen_->closed = true;
  }

 private:
  std::shared_ptr<Seen> seen_;
  const std::uint64_t room_;
  Account<SinkDrop> account_;  // guarded by seen_->mutex
};

}  // namespace weir
