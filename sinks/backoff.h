// When a server that is in trouble is tried again: after 0.2 s, 0.4 s and so on, and a little more by chance, so that
// not all clients of a server that comes back are there at once.
//
// Thread rules: one thread at a time.
#pragma once

#include <chrono>
#include <random>
#include <string>

namespace weir {

// Why a try was in vain.
struct Trouble {
  std::string error;
  std::chrono::milliseconds retry_after{0};  // as the server asks
  bool unauthorized = false;                 // tried again at the longest pause, or after retry_now()
};

class Backoff {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Backoff(std::chrono::milliseconds longest_pause) : longest_pause_(longest_pause) {}

  bool in_trouble() const { return in_trouble_; }
  // While in trouble.
  Clock::time_point not_before() const { return not_before_; }

  // True where that is news: trouble begins, or it turns out to be about credentials.
  bool fail(const Trouble& trouble);
  // True where trouble is over.
  bool succeed();
  // Something may have changed for the better.
  void retry_now();

 private:
  std::chrono::milliseconds next_pause(const Trouble& trouble);

  const std::chrono::milliseconds longest_pause_;
  bool in_trouble_ = false;
  bool unauthorized_ = false;
  unsigned failures_ = 0;  // in a row
  Clock::time_point not_before_{};
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace weir
