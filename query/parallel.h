// Running one piece of work on several threads.
//
// Thread rules: functions without shared state.
#pragma once

#include <thread>
#include <vector>

namespace weir {

// Calls work(0) in this thread and work(1) to work(threads - 1) in others; returns when all have returned.
template <typename Work>
void in_parallel(unsigned threads, const Work& work) {
  std::vector<std::jthread> others;
  others.reserve(threads - 1);
  for (unsigned i = 1; i < threads; ++i) others.emplace_back([&work, i] { work(i); });
  work(0);
}

}  // namespace weir
