// Evenly spaced sending: at most `rate` packets a second, and never more than those of 10 ms at once.
//
// Thread rules: one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weir {

class Pacer {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pacer(std::uint32_t rate)
      : interval_(rate == 0 ? 0 : 1'000'000'000 / std::int64_t{rate}), burst_(std::max<std::size_t>(rate / 100, 1)) {}

  // How many of `wanted` packets may go at `now`, which are then taken as sent; 0: wait until next().
  std::size_t take(std::size_t wanted, Clock::time_point now) {
    if (interval_.count() == 0) return wanted;
    // Time in which nothing was sent is not made up for, beyond a burst.
    free_at_ = std::max(free_at_, now - interval_ * static_cast<std::int64_t>(burst_ - 1));
    if (free_at_ > now) return 0;
    const auto due = static_cast<std::size_t>((now - free_at_) / interval_) + 1;
    const std::size_t n = std::min({wanted, due, burst_});
    free_at_ += interval_ * static_cast<std::int64_t>(n);
    return n;
  }
  Clock::time_point next() const { return free_at_; }

 private:
  std::chrono::nanoseconds interval_;
  std::size_t burst_;
  Clock::time_point free_at_{};
};

}  // namespace weir
