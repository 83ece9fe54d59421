// How far a long piece of work has come, on a terminal.
//
// Thread rules: update() from one thread at a time, which need not be the one that made and destroys it.
#pragma once

#include <chrono>
#include <mutex>

namespace weir {

// A line on standard error from half a second on, erased by the destructor.
class ProgressLine {
 public:
  explicit ProgressLine(bool shown) : shown_(shown) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `share` of the work is done, 0 to 1.
  void update(double share);

 private:
  const bool shown_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  int last_percent_ = -1;
};

}  // namespace weir
