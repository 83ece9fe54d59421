#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "store/bit_pack.h"
#include "store/int_coding.h"
#include "store/powers.h"

namespace weir {
namespace {

template <typename T>
struct Shape {
  T min, max;
  T differing;  // bits that are not the same in all
  std::size_t runs;
};

template <typename T>
Shape<T> measure(std::span<const T> values) {
  T min = values[0], max = values[0], differing = 0, last = values[0];
  std::size_t runs = 1;
  for (const T v : values) {
    min = std::min(min, v);
    max = std::max(max, v);
    differing |= static_cast<T>(v ^ last);
    runs += v != last;
    last = v;
  }
  return {min, max, differing, runs};
}

// How many values need how many bits; 0 counts as one bit.
template <typename T>
std::array<std::uint32_t, kMaxWidth + 1> count_widths(std::span<const T> values, T base) {
  std::array<std::uint32_t, kMaxWidth + 1> counts{};
  for (const T v : values) ++counts[static_cast<std::size_t>(std::bit_width(static_cast<T>((v - base) | 1)))];
  return counts;
}

struct Width {
  unsigned width = 0;
  std::uint64_t bits = 0;  // of everything, roughly
  bool patched = false;
};

// The width at which packed values and what must be patched take least.
Width best_width(const std::array<std::uint32_t, kMaxWidth + 1>& counts, std::size_t count, bool may_patch) {
  unsigned widest = kMaxWidth;
  while (widest > 1 && counts[widest] == 0) --widest;
  Width best{widest, std::uint64_t{widest} * count, false};
  if (!may_patch) return best;
  const std::uint64_t limit = best.bits - best.bits / 16;
  std::uint64_t patches = 0;
  for (unsigned width = widest - 1; width > 0; --width) {
    patches += counts[width + 1];
    if (patches > count / 8) break;
    const unsigned gap = width_of(count / std::max<std::uint64_t>(patches, 1)) + 2;
    const std::uint64_t bits = std::uint64_t{width} * count + patches * (widest - width + gap) + 64;
    if (bits < limit && bits < best.bits) best = {width, bits, true};
  }
  return best;
}

template <typename T>
bool mostly_divisible(std::span<const T> values, T base, std::uint64_t by) {
  const std::size_t step = std::max<std::size_t>(values.size() / 32, 1);
  std::size_t tried = 0, good = 0;
  for (std::size_t i = 0; i < values.size(); i += step, ++tried) good += (values[i] - base) % by == 0;
  return good * 8 >= tried * 7;
}

}  // namespace

template <typename T>
struct IntEncoder::Plan {
  std::span<const T> values;  // already divided by 10^exponent
  T base = 0;                 // subtracted from `values` before packing
  std::uint64_t disk_base = 0;
  unsigned exponent = 0;
  Width width;
};

// A base, a power of ten and a width. Differences to the base are modulo 2^64 so that a few values below it (such as
// absent times) need not spoil it for the rest: they are patched. Division by 10^k multiplies by the inverse of 5^k,
// which gives every difference that is a multiple of 2^k a quotient that multiplies back to it, and multiples of 10^k a
// small one.
template <typename T>
IntEncoder::Plan<T> IntEncoder::plan(std::span<const T> values, unsigned depth) {
  const Shape<T> shape = measure(values);
  Plan<T> plan{.values = values, .base = shape.min, .disk_base = shape.min, .exponent = 0, .width = {}};
  if constexpr (sizeof(T) == 8) {
    constexpr T kWide = T{1} << 32;
    if (shape.min == 0 && shape.max >= kWide) {
      T least = std::numeric_limits<T>::max();
      for (const T v : values) least = std::min<T>(least, v - 1);
      plan.base = plan.disk_base = least + 1;
    }
    for (const unsigned exponent : {9U, 6U, 3U}) {
      if ((shape.differing & width_mask(exponent)) != 0 || shape.max - plan.base < power_of_ten(exponent)) continue;
      if (!mostly_divisible(values, plan.base, power_of_ten(exponent))) continue;
      std::vector<std::uint64_t>& scaled = levels_[depth].scaled;
      scaled.resize(values.size());
      const std::uint64_t inverse = inverse_power_of_five(exponent);
      for (std::size_t i = 0; i < values.size(); ++i) scaled[i] = ((values[i] - plan.base) >> exponent) * inverse;
      plan.values = scaled;
      plan.base = 0;
      plan.exponent = exponent;
      break;
    }
  }
  plan.width = best_width(count_widths(plan.values, plan.base), values.size(), depth < kMaxStreamDepth - 1);
  return plan;
}

template <typename T>
void IntEncoder::encode(std::span<const T> values, std::string& out, unsigned depth) {
  const std::size_t start = out.size();
  if (values.empty() || std::ranges::all_of(values, [&](T v) { return v == values[0]; })) {
    put_u8(out, static_cast<unsigned>(IntEncoding::kConstant));
    put_varint(out, values.empty() ? 0 : values[0]);
    return;
  }
  const std::size_t runs = measure(values).runs;
  const Plan<T> plan = this->plan(values, depth);
  const std::uint64_t run_bits = runs * (plan.width.width + width_of(values.size() / runs) + 2) + 256;
  if (depth == 0 && runs < values.size() / 4 && run_bits < plan.width.bits - plan.width.bits / 4) {
    return put_runs(values, runs, out, depth);
  }
  put_packed(plan, out, depth);
  if (effort_ != Effort::kSmall || depth > 1 || plan.width.width < 3 || values.size() < 64) return;
  std::string& other = levels_[depth].other;
  other.clear();
  if (put_dictionary(values, other, depth) && other.size() < (out.size() - start) / 8 * 7) {
    out.resize(start);
    out += other;
  }
}

template <typename T>
void IntEncoder::put_packed(const Plan<T>& plan, std::string& out, unsigned depth) {
  const auto& [width, bits, patched] = plan.width;
  put_u8(out, static_cast<unsigned>(patched ? IntEncoding::kPatched : IntEncoding::kPacked));
  put_varint(out, zigzag(plan.disk_base));
  put_u8(out, plan.exponent);
  put_u8(out, width);
  const std::size_t at = out.size(), size = packed_size(plan.values.size(), width);
  out.resize(at + size + kPackSlack);
  pack_bits(plan.values.data(), plan.values.size(), width, plan.base, reinterpret_cast<std::uint8_t*>(&out[at]));
  out.resize(at + size);
  if (!patched) return;

  std::vector<std::uint32_t>& gaps = levels_[depth].narrow;
  std::vector<std::uint64_t>& upper = levels_[depth].wide;
  gaps.clear();
  upper.clear();
  std::size_t next = 0;
  for (std::size_t i = 0; i < plan.values.size(); ++i) {
    const std::uint64_t high = std::uint64_t{static_cast<T>(plan.values[i] - plan.base)} >> width;
    if (high == 0) continue;
    gaps.push_back(static_cast<std::uint32_t>(i - next));
    upper.push_back(high);
    next = i + 1;
  }
  put_varint(out, gaps.size());
  // Both vectors live at this depth; what is encoded below uses the next one.
  encode<std::uint32_t>(gaps, out, std::max(depth + 1, 2U));
  encode<std::uint64_t>(upper, out, std::max(depth + 1, 2U));
}

template <typename T>
void IntEncoder::put_runs(std::span<const T> values, std::size_t runs, std::string& out, unsigned depth) {
  std::vector<std::uint32_t>& lengths = levels_[depth].narrow;
  std::vector<std::uint64_t>& each = levels_[depth].wide;
  lengths.clear();
  each.clear();
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i + 1;
    while (end < values.size() && values[end] == values[i]) ++end;
    lengths.push_back(static_cast<std::uint32_t>(end - i - 1));
    each.push_back(values[i]);
    i = end;
  }
  put_u8(out, static_cast<unsigned>(IntEncoding::kRuns));
  put_varint(out, runs);
  encode<std::uint32_t>(lengths, out, depth + 1);
  encode<std::uint64_t>(each, out, depth + 1);
}

// False when there are more distinct values than a local dictionary takes.
template <typename T>
bool IntEncoder::put_dictionary(std::span<const T> values, std::string& out, unsigned depth) {
  constexpr std::size_t kSlots = 1024;
  struct Entry {
    T value;
    std::uint32_t count;
    std::uint32_t rank;
  };
  std::array<std::uint16_t, kSlots> slots{};  // 1 + the entry
  std::vector<Entry> entries;
  std::vector<std::uint32_t>& codes = levels_[depth].narrow;
  codes.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t slot = (values[i] * 0x9e3779b97f4a7c15ULL) >> 54;
    while (slots[slot] != 0 && entries[slots[slot] - 1].value != values[i]) slot = (slot + 1) % kSlots;
    if (slots[slot] == 0) {
      if (entries.size() == kMaxLocalDictionary) return false;
      entries.push_back({values[i], 0, 0});
      slots[slot] = static_cast<std::uint16_t>(entries.size());
    }
    codes[i] = slots[slot] - 1;
    ++entries[codes[i]].count;
  }
  // The most frequent first: its codes are small, and the others may be patched.
  std::vector<std::uint32_t> order(entries.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t i) { return entries[i].count; });
  std::vector<std::uint64_t>& sorted = levels_[depth].wide;
  sorted.clear();
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
    entries[order[rank]].rank = rank;
    sorted.push_back(entries[order[rank]].value);
  }
  for (std::uint32_t& code : codes) code = entries[code].rank;
  put_u8(out, static_cast<unsigned>(IntEncoding::kDictionary));
  put_varint(out, sorted.size());
  encode<std::uint64_t>(sorted, out, std::max(depth + 1, 2U));
  encode<std::uint32_t>(codes, out, std::max(depth + 1, 2U));
  return true;
}

template void IntEncoder::encode(std::span<const std::uint32_t>, std::string&, unsigned);
template void IntEncoder::encode(std::span<const std::uint64_t>, std::string&, unsigned);

}  // namespace weir
