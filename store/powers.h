// Powers of ten, and division by them.
#pragma once

#include <cstdint>

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

}  // namespace weir
