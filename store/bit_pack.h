// Numbers of one width, packed without gaps: value i takes the bits from i * width on, lowest bit first, counted from
// the lowest bit of the first byte.
//
// Thread rules: functions without shared state.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace weir {

// Bytes beyond the packed ones that the functions below may read or overwrite.
inline constexpr std::size_t kPackSlack = 16;

inline constexpr unsigned kMaxWidth = 64;

constexpr unsigned width_of(std::uint64_t v) { return static_cast<unsigned>(std::bit_width(v)); }

constexpr std::uint64_t width_mask(unsigned width) { return width == 0 ? 0 : ~std::uint64_t{0} >> (64 - width); }

// REQUIRES that the product does not overflow.
constexpr std::size_t packed_size(std::size_t count, unsigned width) { return (count * width + 7) / 8; }

// What stands at position i.
inline std::uint64_t extract_bits(const std::uint8_t* in, unsigned width, std::size_t i) {
  const std::size_t bit = i * width;
  const unsigned shift = bit & 7;
  std::uint64_t low;
  std::memcpy(&low, in + bit / 8, sizeof low);
  low >>= shift;
  if (shift + width > 64) low |= std::uint64_t{in[bit / 8 + 8]} << (64 - shift);
  return low & width_mask(width);
}

// out[i] = base + value i * factor (modulo 2^64). T is std::uint32_t or std::uint64_t. REQUIRES width <= 64.
template <typename T>
void unpack_bits(const std::uint8_t* in, std::size_t count, unsigned width, std::uint64_t base, std::uint64_t factor,
                 T* out);

// The lowest `width` bits of each value minus `base`. `out` has room for packed_size() + kPackSlack bytes; what lies
// beyond packed_size() is garbage afterwards.
template <typename T>
void pack_bits(const T* values, std::size_t count, unsigned width, T base, std::uint8_t* out);

}  // namespace weir
