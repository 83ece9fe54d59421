#include "base/clock.h"

#include <ctime>

namespace weir {
namespace {

std::uint64_t read(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace

std::uint64_t wall_time_ns() { return read(CLOCK_REALTIME); }
std::uint64_t steady_time_ns() { return read(CLOCK_MONOTONIC); }

}  // namespace weir
