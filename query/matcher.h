// Which values of a column are in a set, a block at a time.
//
// Thread rules: immutable after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "query/interval_set.h"
#include "store/segment.h"

namespace weir {

// What is known of all rows of a block, or of a segment, without looking at them.
enum class Verdict : std::uint8_t { kNone, kSome, kAll };

// Positions of rows in a block, ascending. Without `picks` all rows, 0 to count - 1.
struct Selection {
  const std::uint16_t* picks = nullptr;
  std::size_t count = 0;

  std::uint16_t row(std::size_t i) const { return picks == nullptr ? static_cast<std::uint16_t>(i) : picks[i]; }
};

class Matcher {
 public:
  explicit Matcher(const IntervalSet& set);

  bool matches(std::uint64_t value) const;
  // Of values between min and max.
  Verdict verdict(const Zone& zone) const;

  // Writes the rows of `from` whose value is in the set to `out` and returns how many; values[i] is that of
  // from.row(i). `values` and `out` have room for kBlockRows; `out` may be from.picks.
  template <typename T>
  std::size_t select(const T* values, const Selection& from, std::uint16_t* out) const;

 private:
  template <typename T, typename Test>
  static std::size_t select_by(const T* values, const Selection& from, std::uint16_t* out, Test test);

  // A test of the set, or of its complement where that has fewer stretches.
  std::vector<Interval> intervals_;
  bool inverted_ = false;
  std::vector<std::uint8_t> bitmap_;  // by value, where there are many stretches of small numbers
};

extern template std::size_t Matcher::select(const std::uint32_t*, const Selection&, std::uint16_t*) const;
extern template std::size_t Matcher::select(const std::uint64_t*, const Selection&, std::uint16_t*) const;

}  // namespace weir
