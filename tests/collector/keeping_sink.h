// A sink that keeps every flow, for tests that compare what arrived with what was sent.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "sinks/sink.h"

namespace weir {

// What the sink got. It outlives the sink, which belongs to a collector.
class Kept {
 public:
  void add(BatchRef batch) {
    const std::lock_guard lock(mutex_);
    count_ += batch->flows().size();
    batches_.push_back(std::move(batch));
    changed_.notify_all();
  }
  // All batches, once there are `flows` flows.
  std::vector<BatchRef> wait_for(std::size_t flows) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= flows; });
    return batches_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  std::vector<BatchRef> batches_;
};

class KeepingSink : public Sink {
 public:
  explicit KeepingSink(std::shared_ptr<Kept> kept) : kept_(std::move(kept)) {}

  void submit(BatchRef batch) override {
    const std::lock_guard lock(mutex_);
    account_.in += batch->flows().size();
    account_.out += batch->flows().size();
    kept_->add(std::move(batch));
  }
  SinkStatus status() const override {
    const std::lock_guard lock(mutex_);
    return {"kept", account_, 0, "", false};
  }
  void close(std::chrono::steady_clock::time_point) override {}

 private:
  const std::shared_ptr<Kept> kept_;
  mutable std::mutex mutex_;
  Account<SinkDrop> account_;
};

}  // namespace weir
