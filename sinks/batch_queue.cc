#include "sinks/batch_queue.h"

#include <utility>

namespace weir {

BatchQueue::BatchQueue(const SinkContext& context, std::function<void()> wake)
    : most_(context.queue_batches), when_full_(context.when_full), wake_(std::move(wake)) {}

void BatchQueue::submit(BatchRef batch) {
  const std::uint64_t flows = batch->flows().size();
  std::unique_lock lock(mutex_);
  if (when_full_ == WhenFull::kWait) room_.wait(lock, [this] { return has_room() || closed_; });
  account_.in += flows;
  if (closed_) return account_.drop(SinkDrop::kClosing, flows);
  if (!has_room()) return account_.drop(SinkDrop::kQueueFull, flows);
  account_.held += flows;
  waiting_.push_back({std::move(batch), Clock::now()});
  if (waiting_.size() != 1) return;
  there_.notify_one();
  wake_();
}

std::optional<BatchQueue::Waiting> BatchQueue::take(Clock::time_point until) {
  std::unique_lock lock(mutex_);
  while (waiting_.empty()) {
    if (closed_ || until <= Clock::now()) return std::nullopt;
    if (until == Clock::time_point::max()) {
      there_.wait(lock);
    } else {
      there_.wait_until(lock, until);
    }
  }
  Waiting first = std::move(waiting_.front());
  waiting_.pop_front();
  room_.notify_one();
  return first;
}

bool BatchQueue::empty() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty();
}

bool BatchQueue::at_end() const {
  const std::lock_guard lock(mutex_);
  return closed_ && waiting_.empty();
}

bool BatchQueue::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void BatchQueue::settle(std::uint64_t delivered, std::uint64_t dropped, SinkDrop reason) {
  const std::lock_guard lock(mutex_);
  account_.held -= delivered + dropped;
  account_.out += delivered;
  account_.drop(reason, dropped);
}

void BatchQueue::drop_waiting(SinkDrop reason) {
  const std::lock_guard lock(mutex_);
  for (const Waiting& one : waiting_) {
    account_.held -= one.batch->flows().size();
    account_.drop(reason, one.batch->flows().size());
  }
  waiting_.clear();
  room_.notify_all();
}

void BatchQueue::drop_held(SinkDrop reason) {
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  account_.drop(reason, std::exchange(account_.held, 0));
}

bool BatchQueue::close() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(closed_, true)) return false;
  there_.notify_all();
  room_.notify_all();
  wake_();
  return true;
}

void BatchQueue::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  done_.notify_all();
}

void BatchQueue::wait_finished(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  done_.wait_until(lock, deadline, [this] { return finished_; });
}

Account<SinkDrop> BatchQueue::account() const {
  const std::lock_guard lock(mutex_);
  return account_;
}

Account<SinkDrop> joined(Account<SinkDrop> queue, const Account<SinkDrop>& stage) {
  queue.held -= stage.in - stage.held;
  queue.out += stage.out;
  for (std::size_t i = 0; i < queue.dropped.size(); ++i) queue.dropped[i] += stage.dropped[i];
  return queue;
}

}  // namespace weir
