#include "web/connection_pool.h"

#include <system_error>
#include <utility>

namespace weir {

bool ConnectionPool::add(std::function<void()>& job) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(job));
    if (idle_ < waiting_.size() && !add_thread() && threads_.empty()) {
      job = std::move(waiting_.back());
      waiting_.pop_back();
      return false;
    }
    crowded_ = idle_ < waiting_.size() && threads_.size() == most_threads_;
  }
  wake_.notify_one();
  return true;
}

bool ConnectionPool::add_thread() {
  if (threads_.size() >= most_threads_) return false;
  try {
    threads_.emplace_back([this] { work(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void ConnectionPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ConnectionPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    const auto job = std::move(waiting_.front());
    waiting_.pop_front();
    if (waiting_.empty()) crowded_ = false;
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace weir
