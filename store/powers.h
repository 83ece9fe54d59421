// Powers of ten, and division by them.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir {

constexpr std::uint64_t power_of_ten(unsigned exponent) {
  std::uint64_t power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

// The number that 5^exponent times gives 1, modulo 2^64.
constexpr std::uint64_t inverse_power_of_five(unsigned exponent) {
  constexpr std::uint64_t kInverseOfFive = 0xcccccccccccccccdULL;
  static_assert(5 * kInverseOfFive == 1);
  std::uint64_t inverse = 1;
  for (; exponent > 0; --exponent) inverse *= kInverseOfFive;
  return inverse;
}

// out[i] is values[i] rounded down to a multiple of 10^exponent. Both may be the same.
inline void round_down(std::span<const std::uint64_t> values, unsigned exponent, std::uint64_t* out) {
  const std::uint64_t unit = power_of_ten(exponent);
  std::uint64_t last = 0, rounded = 0;  // times of receipt come in runs
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != last) {
      last = values[i];
      rounded = last - last % unit;
    }
    out[i] = rounded;
  }
}

}  // namespace weir
