#include "app/status_line.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/terminal.h"
#include "base/clock.h"

namespace weir {

StatusLine::StatusLine() : on_terminal_(error_output_is_terminal()) {}

bool StatusLine::due() {
  constexpr std::uint64_t kEvery = 200 * kNsPerMs;
  const std::uint64_t now = steady_time_ns();
  if (!on_terminal_ || now - last_ns_ < kEvery) return false;
  last_ns_ = now;
  return true;
}

void StatusLine::show(std::string_view text) {
  fmt::print(stderr, "\r{}\x1b[K", text);
  std::fflush(stderr);
  shown_ = true;
}

void StatusLine::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

}  // namespace weir
