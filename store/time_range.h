// A stretch of time, ends included, in nanoseconds since the epoch.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir {

struct TimeRange {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;

  static constexpr TimeRange none() { return {UINT64_MAX, 0}; }
  constexpr bool empty() const { return first > last; }
  constexpr bool contains(std::uint64_t ns) const { return first <= ns && ns <= last; }
  constexpr bool contains(const TimeRange& other) const { return first <= other.first && other.last <= last; }
  constexpr bool overlaps(const TimeRange& other) const { return first <= other.last && other.first <= last; }
  // Grows to include `other`.
  constexpr void add(const TimeRange& other) {
    first = std::min(first, other.first);
    last = std::max(last, other.last);
  }
  bool operator==(const TimeRange&) const = default;
};

}  // namespace weir
