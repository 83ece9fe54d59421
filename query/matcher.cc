#include "query/matcher.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace weir {
namespace {

constexpr std::size_t kFewIntervals = 4;
constexpr std::uint64_t kBitmapValues = 1u << 22;
// Rows that are tested together before any is written down.
constexpr std::size_t kGroup = 64;

// Bit i is hits[i], which are 0 or 1.
std::uint64_t bits_of(const std::uint8_t (&hits)[kGroup]) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kGroup; i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, hits + i, sizeof eight);
    bits |= (eight * 0x0102040810204080ULL >> 56) << i;
  }
  return bits;
}

}  // namespace

Matcher::Matcher(const IntervalSet& set) {
  const IntervalSet rest = set.complement();
  inverted_ = rest.intervals().size() < set.intervals().size();
  const auto chosen = inverted_ ? rest.intervals() : set.intervals();
  intervals_.assign(chosen.begin(), chosen.end());
  if (intervals_.size() <= kFewIntervals || intervals_.back().last >= kBitmapValues) return;
  bitmap_.resize(intervals_.back().last + 1);
  for (const Interval& i : intervals_) std::fill(&bitmap_[i.first], &bitmap_[i.last] + 1, std::uint8_t{1});
}

bool Matcher::matches(std::uint64_t value) const {
  const auto after = std::ranges::upper_bound(intervals_, value, {}, &Interval::first);
  const bool inside = after != intervals_.begin() && value <= std::prev(after)->last;
  return inside != inverted_;
}

Verdict Matcher::verdict(const Zone& zone) const {
  const auto at = std::ranges::lower_bound(intervals_, zone.min, {}, &Interval::last);
  const bool touches = at != intervals_.end() && at->first <= zone.max;
  const bool covers = touches && at->first <= zone.min && zone.max <= at->last;
  if (!touches) return inverted_ ? Verdict::kAll : Verdict::kNone;
  if (covers) return inverted_ ? Verdict::kNone : Verdict::kAll;
  return Verdict::kSome;
}

template <typename T, typename Test>
std::size_t Matcher::select_by(const T* values, const Selection& from, std::uint16_t* out, Test test) {
  std::size_t n = 0, i = 0;
  for (; i + kGroup <= from.count; i += kGroup) {
    std::uint8_t hits[kGroup];
    for (std::size_t j = 0; j < kGroup; ++j) hits[j] = test(values[i + j]) ? 1 : 0;
    for (std::uint64_t bits = bits_of(hits); bits != 0; bits &= bits - 1) {
      out[n++] = from.row(i + static_cast<std::size_t>(std::countr_zero(bits)));
    }
  }
  for (; i < from.count; ++i) {
    if (test(values[i])) out[n++] = from.row(i);
  }
  return n;
}

template <typename T>
std::size_t Matcher::select(const T* values, const Selection& from, std::uint16_t* out) const {
  const bool inverted = inverted_;
  if (intervals_.size() == 1 && intervals_[0].first <= std::numeric_limits<T>::max()) {
    const T first = static_cast<T>(intervals_[0].first);
    const T width = static_cast<T>(std::min<std::uint64_t>(intervals_[0].last, std::numeric_limits<T>::max()) - first);
    if (inverted) return select_by(values, from, out, [=](T v) { return static_cast<T>(v - first) > width; });
    return select_by(values, from, out, [=](T v) { return static_cast<T>(v - first) <= width; });
  }
  if (intervals_.size() <= kFewIntervals) {
    const Interval* begin = intervals_.data();
    const Interval* end = begin + intervals_.size();
    return select_by(values, from, out, [=](T v) {
      bool inside = false;
      for (const Interval* i = begin; i != end; ++i) inside |= v - i->first <= i->last - i->first;
      return inside != inverted;
    });
  }
  if (!bitmap_.empty()) {
    const std::uint8_t* bitmap = bitmap_.data();
    const std::size_t size = bitmap_.size();
    return select_by(values, from, out, [=](T v) { return (v < size && bitmap[v] != 0) != inverted; });
  }
  return select_by(values, from, out, [this](T v) { return matches(v); });
}

template std::size_t Matcher::select(const std::uint32_t*, const Selection&, std::uint16_t*) const;
template std::size_t Matcher::select(const std::uint64_t*, const Selection&, std::uint16_t*) const;

}  // namespace weir
