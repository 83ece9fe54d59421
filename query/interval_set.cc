#include "query/interval_set.h"

#include <algorithm>

namespace weir {

IntervalSet::IntervalSet(std::vector<Interval> intervals) {
  std::erase_if(intervals, [](const Interval& i) { return i.first > i.last; });
  std::ranges::sort(intervals, {}, &Interval::first);
  for (const Interval& next : intervals) {
    if (!intervals_.empty() && (intervals_.back().last == UINT64_MAX || next.first <= intervals_.back().last + 1)) {
      intervals_.back().last = std::max(intervals_.back().last, next.last);
    } else {
      intervals_.push_back(next);
    }
  }
}

IntervalSet IntervalSet::of(std::span<const std::uint64_t> numbers) {
  std::vector<Interval> points;
  points.reserve(numbers.size());
  for (const std::uint64_t n : numbers) points.push_back({n, n});
  return IntervalSet(std::move(points));
}

IntervalSet IntervalSet::complement() const {
  IntervalSet result;
  std::uint64_t next = 0;
  for (const Interval& i : intervals_) {
    if (next < i.first) result.intervals_.push_back({next, i.first - 1});
    if (i.last == UINT64_MAX) return result;
    next = i.last + 1;
  }
  result.intervals_.push_back({next, UINT64_MAX});
  return result;
}

bool IntervalSet::contains(std::uint64_t n) const {
  const auto after = std::ranges::upper_bound(intervals_, n, {}, &Interval::first);
  return after != intervals_.begin() && n <= std::prev(after)->last;
}

}  // namespace weir
