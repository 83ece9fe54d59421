// Whether a query may go on: nobody stopped it, there is time and memory left, nothing failed.
//
// Thread rules: from any thread; report() from one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/memory_budget.h"
#include "query/engine.h"

namespace weir {

class Watch {
 public:
  // Both outlive this.
  Watch(const RunOptions& options, const MemoryBudget& budget);

  // Asked before each block.
  bool go_on();
  // Ends the query.
  void end(std::string why);
  void end_for_memory();
  // What ended it.
  Result<void> result();

  // Passes progress on, a few times a second.
  void report(double share);

 private:
  using Clock = std::chrono::steady_clock;

  const RunOptions& options_;
  const MemoryBudget& budget_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point reported_ = begun_;
  std::atomic<bool> ended_{false};
  std::mutex mutex_;
  std::optional<std::string> why_;
};

}  // namespace weir
