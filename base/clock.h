// The two clocks: wall time for what is written down, steady time for what is waited for.
#pragma once

#include <cstdint>

namespace weir {

inline constexpr std::uint64_t kNsPerUs = 1'000;
inline constexpr std::uint64_t kNsPerMs = 1'000'000;
inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

// Nanoseconds since the Unix epoch (CLOCK_REALTIME).
std::uint64_t wall_time_ns();

// Nanoseconds of a clock that never steps back (CLOCK_MONOTONIC).
std::uint64_t steady_time_ns();

}  // namespace weir
