// A set of numbers as sorted stretches: what every test on a column comes down to.
//
// Thread rules: a value type.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weir {

// Ends included.
struct Interval {
  std::uint64_t first;
  std::uint64_t last;
  bool operator==(const Interval&) const = default;
};

class IntervalSet {
 public:
  IntervalSet() = default;
  // In any order, overlapping or not; those with first > last are empty.
  explicit IntervalSet(std::vector<Interval> intervals);
  static IntervalSet of(std::span<const std::uint64_t> numbers);

  IntervalSet complement() const;
  bool contains(std::uint64_t n) const;
  // Neighbours never touch: [1, 2] and [3, 4] are [1, 4].
  std::span<const Interval> intervals() const { return intervals_; }
  bool empty() const { return intervals_.empty(); }
  bool operator==(const IntervalSet&) const = default;

 private:
  std::vector<Interval> intervals_;
};

}  // namespace weir
