// Bytes and packets, added up without ever wrapping: what an exporter says may be anything.
//
// Plain values.
#pragma once

#include <cstdint>

namespace weir {

inline std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum < a ? ~std::uint64_t{0} : sum;
}

inline std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? ~std::uint64_t{0} : product;
}

struct Amount {
  std::uint64_t bytes;
  std::uint64_t packets;

  Amount& operator+=(const Amount& other) {
    bytes = saturating_add(bytes, other.bytes);
    packets = saturating_add(packets, other.packets);
    return *this;
  }
  Amount scaled(std::uint64_t by) const {
    return by <= 1 ? *this : Amount{saturating_product(bytes, by), saturating_product(packets, by)};
  }
};

}  // namespace weir
