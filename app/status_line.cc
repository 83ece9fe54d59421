#include "app/status_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/clock.h"

namespace weir {

StatusLine::StatusLine(bool shown) : shown_(shown) {}

bool StatusLine::on_terminal() { return ::isatty(STDERR_FILENO) != 0; }

bool StatusLine::due() {
  constexpr std::uint64_t kEvery = 200 * kNsPerMs;
  const std::uint64_t now = steady_time_ns();
  if (!shown_ || now - last_ns_ < kEvery) return false;
  last_ns_ = now;
  return true;
}

void StatusLine::show(std::string_view text) {
  fmt::print(stderr, "\r{}\x1b[K", text);
  std::fflush(stderr);
  standing_ = true;
}

void StatusLine::clear() {
  if (standing_) fmt::print(stderr, "\r\x1b[K");
  standing_ = false;
}

}  // namespace weir
