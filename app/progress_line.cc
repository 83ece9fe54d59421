#include "app/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/clock.h"

namespace weir {

ProgressLine::ProgressLine() : on_terminal_(::isatty(STDERR_FILENO) != 0) {}

bool ProgressLine::due() {
  constexpr std::uint64_t kEvery = 200 * kNsPerMs;
  const std::uint64_t now = steady_time_ns();
  if (!on_terminal_ || now - last_ns_ < kEvery) return false;
  last_ns_ = now;
  return true;
}

void ProgressLine::show(std::string_view text) {
  fmt::print(stderr, "\r{}\x1b[K", text);
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace weir
