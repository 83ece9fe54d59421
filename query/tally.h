// The counters of rows, column by column, and how they are summed.
//
// Thread rules: value types.
#pragma once

#include <cstdint>

#include "query/result.h"

namespace weir {

// Sums and products stay at the largest number rather than begin again at 0.
constexpr std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum < a ? UINT64_MAX : sum;
}
constexpr std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

constexpr void add(FlowCounters& sum, const FlowCounters& more) {
  sum.in_packets = saturating_add(sum.in_packets, more.in_packets);
  sum.out_packets = saturating_add(sum.out_packets, more.out_packets);
  sum.in_bytes = saturating_add(sum.in_bytes, more.in_bytes);
  sum.out_bytes = saturating_add(sum.out_bytes, more.out_bytes);
}

// Null: all zeros.
struct Tally {
  const std::uint64_t* in_packets = nullptr;
  const std::uint64_t* in_bytes = nullptr;
  const std::uint64_t* out_packets = nullptr;
  const std::uint64_t* out_bytes = nullptr;

  // One direction of it alone.
  Tally in() const { return {in_packets, in_bytes, nullptr, nullptr}; }
  Tally out() const { return {nullptr, nullptr, out_packets, out_bytes}; }
  bool has_out() const { return out_packets != nullptr || out_bytes != nullptr; }
};

}  // namespace weir
