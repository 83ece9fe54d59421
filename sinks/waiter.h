// Waiting on a socket that another thread can end.
//
// Thread rules: wait() from one thread, abort() from any.
#pragma once

#include <chrono>
#include <memory>

#include "base/unique_fd.h"

namespace weir {

class Waiter {
 public:
  using Clock = std::chrono::steady_clock;

  Waiter();

  // Until one of `events` (poll.h) happens at `fd` (-1: none), `until` has come, or abort() or wake() is called; a
  // wake() is forgotten then. True when something happened at `fd`.
  bool wait(int fd, short events, Clock::time_point until);
  // As wait(), but neither wake() ends it nor is forgotten.
  bool wait_through(int fd, short events, Clock::time_point until);

  void wake();
  // For good.
  void abort();
  bool aborted() const;

 private:
  UniqueFd wake_;
  UniqueFd abort_;
};

}  // namespace weir
