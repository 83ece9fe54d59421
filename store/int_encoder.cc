#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "store/bit_pack.h"
#include "store/int_coding.h"
#include "store/powers.h"

namespace weir {
namespace {

using Widths = std::array<std::uint32_t, kMaxWidth + 1>;

// How many values need how many bits (0 counts as one bit), by a sample: it decides only what is smallest.
template <typename T>
Widths count_widths(std::span<const T> values, T base, Effort effort) {
  const std::size_t sample = effort == Effort::kQuick ? 512 : 4096;
  const std::size_t step = std::max<std::size_t>(values.size() / sample, 1);
  Widths counts{};
  for (std::size_t i = 0; i < values.size(); i += step) {
    ++counts[static_cast<std::size_t>(std::bit_width(static_cast<T>((values[i] - base) | 1)))];
  }
  for (std::uint32_t& count : counts) count *= static_cast<std::uint32_t>(step);
  return counts;
}

// Planes are taken when they take at most this much of what else would be.
constexpr double kPlanesPercent = 80;
constexpr int kPlaneLevel = 1;

struct Width {
  unsigned widest = 0;
  unsigned width = 0;
  std::uint64_t bits = 0;  // of everything, roughly
  bool patched = false;
};

// The width at which packed values and what must be patched take least. None needs more than `widest`.
Width best_width(const Widths& counts, unsigned widest, std::size_t count, bool may_patch) {
  Width best{widest, widest, std::uint64_t{widest} * count, false};
  if (!may_patch) return best;
  const std::uint64_t limit = best.bits - best.bits / 16;
  std::uint64_t patches = 0;
  for (unsigned width = widest - 1; width > 0; --width) {
    patches += counts[width + 1];
    if (patches > count / 8) break;
    const unsigned gap = width_of(count / std::max<std::uint64_t>(patches, 1)) + 2;
    const std::uint64_t bits = std::uint64_t{width} * count + patches * (widest - width + gap) + 64;
    if (bits < limit && bits < best.bits) best = {widest, width, bits, true};
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
IntEncoder::Plan<T> IntEncoder::plan(std::span<const T> values, const Shape<T>& shape, unsigned depth) {
  Plan<T> plan{.values = values, .base = shape.min, .disk_base = shape.min, .exponent = 0, .width = {}};
  std::uint64_t all = shape.max - shape.min;
  if constexpr (sizeof(T) == 8) {
    // Zeros far below all others, such as absent times.
    if (const std::uint64_t least = shape.min == 0 && shape.max >> 32 != 0 ? least_above_zero(values) : 0;
        least > shape.max - least) {
      plan.base = plan.disk_base = least;
      all = UINT64_MAX;
    }
    for (const unsigned exponent : {9U, 6U, 3U}) {
      if ((shape.differing & width_mask(exponent)) != 0 || shape.max - plan.base < power_of_ten(exponent)) continue;
      if (!mostly_divisible(values, plan.base, power_of_ten(exponent))) continue;
      std::vector<std::uint64_t>& scaled = levels_[depth].scaled;
      scaled.resize(values.size());
      all = scale(values, plan.base, exponent, inverse_power_of_five(exponent), scaled.data());
      plan.values = scaled;
      plan.base = 0;
      plan.exponent = exponent;
      break;
    }
  }
  const bool may_patch = depth < kMaxStreamDepth - 1;
  plan.width = best_width(count_widths(plan.values, plan.base, effort_), width_of(all), values.size(), may_patch);
  return plan;
}

template <typename T>
void IntEncoder::encode(std::span<const T> values, std::string& out, unsigned depth) {
  encode(values, values.empty() ? Shape<T>() : measure(values), out, depth);
}

template <typename T>
void IntEncoder::encode(std::span<const T> values, const Shape<T>& shape, std::string& out, unsigned depth) {
  const std::size_t start = out.size();
  if (shape.min == shape.max) {
    put_u8(out, static_cast<unsigned>(IntEncoding::kConstant));
    put_varint(out, shape.min);
    return;
  }
  const Plan<T> plan = this->plan(values, shape, depth);
  const std::size_t runs = shape.runs;
  const std::uint64_t run_bits = runs * (plan.width.width + width_of(values.size() / runs) + 2) + 256;
  if (depth == 0 && runs < values.size() / 4 && run_bits < plan.width.bits - plan.width.bits / 4) {
    return put_runs(values, runs, out, depth);
  }
  put_packed(plan, out, depth);
  if (effort_ != Effort::kSmall || depth > 1 || plan.width.width < 3 || values.size() < 64) return;
  Habits fresh;
  Habits& habits = depth == 0 && habits_ != nullptr ? *habits_ : fresh;
  std::string& other = levels_[depth].other;
  if (habits.dictionary.due()) {
    other.clear();
    const bool smaller = put_dictionary(values, other, depth) && other.size() < (out.size() - start) / 8 * 7;
    if (smaller) out.replace(start, out.npos, other);
    habits.dictionary.note(smaller);
  }
  if (depth == 0 && habits.planes.due()) {
    other.clear();
    const bool smaller = put_planes(plan, out.size() - start, other);
    if (smaller) out.replace(start, out.npos, other);
    habits.planes.note(smaller);
  }
}

template <typename T>
void IntEncoder::encode(std::span<const T> values, const Shape<T>& shape, std::string& out, Habits& habits) {
  habits_ = &habits;
  encode(values, shape, out);
  habits_ = nullptr;
}

template <typename T>
void IntEncoder::put_packed(const Plan<T>& plan, std::string& out, unsigned depth) {
  const auto& [widest, width, bits, patched] = plan.width;
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
  encode(std::span<const std::uint32_t>(gaps), out, std::max(depth + 1, 2U));
  encode(std::span<const std::uint64_t>(upper), out, std::max(depth + 1, 2U));
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
  encode(std::span<const std::uint32_t>(lengths), out, depth + 1);
  encode(std::span<const std::uint64_t>(each), out, depth + 1);
}

void IntEncoder::FreeCompressor::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

// Reading planes takes several times as long as unpacking bits.
template <typename T>
bool IntEncoder::put_planes(const Plan<T>& plan, std::size_t best, std::string& out) {
  const std::size_t count = plan.values.size();
  constexpr std::size_t kLeastCount = 1024;
  const unsigned planes = (plan.width.widest + 7) / 8;
  if (count < kLeastCount || planes > kMaxPlanes) return false;
  planes_.resize(planes * count);
  double bits = 0;
  for (unsigned plane = 0; plane < planes; ++plane) {
    std::uint8_t* bytes = planes_.data() + plane * count;
    std::array<std::uint32_t, 256> counts{};
    for (std::size_t i = 0; i < count; ++i) {
      bytes[i] = static_cast<std::uint8_t>((plan.values[i] - plan.base) >> 8 * plane);
      ++counts[bytes[i]];
    }
    for (const std::uint32_t n : counts) {
      if (n > 0) bits += n * std::log2(static_cast<double>(count) / n);
    }
  }
  const double enough = static_cast<double>(best) * kPlanesPercent / 100;
  if (bits / 8 > enough) return false;
  put_u8(out, static_cast<unsigned>(IntEncoding::kPlanes));
  put_varint(out, zigzag(plan.disk_base));
  put_u8(out, plan.exponent);
  put_u8(out, planes);
  for (unsigned plane = 0; plane < planes; ++plane) put_plane({planes_.data() + plane * count, count}, out);
  return static_cast<double>(out.size()) <= enough;
}

void IntEncoder::put_plane(std::span<const std::uint8_t> plane, std::string& out) {
  if (!zstd_) zstd_.reset(ZSTD_createCCtx());
  packed_.resize(std::max(packed_.size(), ZSTD_compressBound(plane.size())));
  const std::size_t size =
      ZSTD_compressCCtx(zstd_.get(), packed_.data(), packed_.size(), plane.data(), plane.size(), kPlaneLevel);
  const bool use = ZSTD_isError(size) == 0 && size < plane.size() / 10 * 9;
  put_varint(out, use ? size : 0);
  if (use) {
    out.append(packed_, 0, size);
  } else {
    out.append(reinterpret_cast<const char*>(plane.data()), plane.size());
  }
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
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    return entries[a].count != entries[b].count ? entries[a].count > entries[b].count : a < b;
  });
  std::vector<std::uint64_t>& sorted = levels_[depth].wide;
  sorted.clear();
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) {
    entries[order[rank]].rank = rank;
    sorted.push_back(entries[order[rank]].value);
  }
  for (std::uint32_t& code : codes) code = entries[code].rank;
  put_u8(out, static_cast<unsigned>(IntEncoding::kDictionary));
  put_varint(out, sorted.size());
  encode(std::span<const std::uint64_t>(sorted), out, std::max(depth + 1, 2U));
  encode(std::span<const std::uint32_t>(codes), out, std::max(depth + 1, 2U));
  return true;
}

template void IntEncoder::encode(std::span<const std::uint32_t>, std::string&, unsigned);
template void IntEncoder::encode(std::span<const std::uint64_t>, std::string&, unsigned);
template void IntEncoder::encode(std::span<const std::uint32_t>, const Shape<std::uint32_t>&, std::string&, unsigned);
template void IntEncoder::encode(std::span<const std::uint64_t>, const Shape<std::uint64_t>&, std::string&, unsigned);

template void IntEncoder::encode(std::span<const std::uint32_t>, const Shape<std::uint32_t>&, std::string&, Habits&);
template void IntEncoder::encode(std::span<const std::uint64_t>, const Shape<std::uint64_t>&, std::string&, Habits&);

}  // namespace weir
