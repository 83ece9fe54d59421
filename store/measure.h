// Looking over a page's values before they are encoded: all the passes that only count and compare, for the widest
// vectors that the processor has.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir {

// T is std::uint32_t or std::uint64_t throughout.
template <typename T>
struct Shape {
  T min = 0, max = 0;
  T differing = 0;       // bits that are not the same in all
  std::size_t runs = 0;  // stretches of equal values
};

// REQUIRES at least one value.
template <typename T>
Shape<T> measure(std::span<const T> values);

// The smallest value that is not 0; 0 where there is none.
std::uint64_t least_above_zero(std::span<const std::uint64_t> values);

struct PresenceCount {
  std::size_t present = 0;
  std::size_t unlike = 0;  // rows that are present with 0, or absent with another value
};
// REQUIRES that `present` has only zeros and ones, as many as there are values.
template <typename T>
PresenceCount count_presence(std::span<const T> values, const std::uint8_t* present);

// out[i] = a[i] - b[i]; returns the least difference as signed numbers go.
std::uint64_t subtract(const std::uint64_t* a, const std::uint64_t* b, std::span<std::uint64_t> out);

// out[i] = ((values[i] - base) >> shift) * factor; returns all bits that any of them has.
std::uint64_t scale(std::span<const std::uint64_t> values, std::uint64_t base, unsigned shift, std::uint64_t factor,
                    std::uint64_t* out);

}  // namespace weir
