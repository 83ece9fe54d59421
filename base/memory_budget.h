// A bound that several threads share on the memory that one job may take.
//
// Thread rules: from any thread.
#pragma once

#include <atomic>
#include <cstddef>

namespace weir {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit) : limit_(limit) {}

  // False when that would exceed the bound; then nothing is taken.
  bool take(std::size_t bytes) {
    const std::size_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= limit_) {
      note_peak(before + bytes);
      return true;
    }
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    refused_.store(true, std::memory_order_relaxed);
    return false;
  }
  void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  // Says no for another reason that more memory would not mend, such as numbers that ran out.
  void refuse() { refused_.store(true, std::memory_order_relaxed); }
  // Whether it ever said no: tells want of memory from other errors of a job.
  bool refused() const { return refused_.load(std::memory_order_relaxed); }
  // The most that was ever used.
  std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }
  std::size_t limit() const { return limit_; }

 private:
  void note_peak(std::size_t used) {
    std::size_t peak = peak_.load(std::memory_order_relaxed);
    while (used > peak && !peak_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
    }
  }

  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> peak_{0};
  std::atomic<bool> refused_{false};
};

}  // namespace weir
