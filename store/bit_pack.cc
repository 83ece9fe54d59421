#include "store/bit_pack.h"

#include <array>
#include <utility>

namespace weir {
namespace {

// Eight values of a width take as many bytes as the width has bits, so every group of eight begins on a byte and all
// shifts are constants.
constexpr std::size_t kGroup = 8;

template <unsigned kWidth, unsigned kIndex>
std::uint64_t pick(const std::uint8_t* in) {
  constexpr unsigned kBit = kWidth * kIndex;
  constexpr unsigned kShift = kBit % 8;
  std::uint64_t v;
  std::memcpy(&v, in + kBit / 8, sizeof v);
  v >>= kShift;
  if constexpr (kShift + kWidth > 64) v |= std::uint64_t{in[kBit / 8 + 8]} << (64 - kShift);
  return v & width_mask(kWidth);
}

template <unsigned kWidth, typename T>
void unpack_groups(const std::uint8_t* in, std::size_t groups, std::uint64_t base, std::uint64_t factor, T* out) {
  const T b = static_cast<T>(base), f = static_cast<T>(factor);
  for (std::size_t g = 0; g < groups; ++g, in += kWidth, out += kGroup) {
    [&]<unsigned... kIndex>(std::integer_sequence<unsigned, kIndex...>) {
      ((out[kIndex] = static_cast<T>(b + static_cast<T>(pick<kWidth, kIndex>(in)) * f)), ...);
    }(std::make_integer_sequence<unsigned, kGroup>{});
  }
}

template <unsigned kWidth, unsigned kIndex, typename T>
void place(const T* values, T base, std::uint64_t& word, std::uint8_t* out) {
  constexpr unsigned kBit = kWidth * kIndex;
  constexpr unsigned kFill = kBit % 64;
  const std::uint64_t v = static_cast<T>(values[kIndex] - base) & width_mask(kWidth);
  word |= v << kFill;
  if constexpr (kFill + kWidth >= 64) {
    std::memcpy(out + kBit / 64 * 8, &word, sizeof word);
    if constexpr (kFill + kWidth > 64) {
      word = v >> (64 - kFill);
    } else {
      word = 0;
    }
  }
}

template <unsigned kWidth, typename T>
void pack_groups(const T* values, std::size_t groups, T base, std::uint8_t* out) {
  for (std::size_t g = 0; g < groups; ++g, values += kGroup, out += kWidth) {
    std::uint64_t word = 0;
    [&]<unsigned... kIndex>(std::integer_sequence<unsigned, kIndex...>) {
      (place<kWidth, kIndex>(values, base, word, out), ...);
    }(std::make_integer_sequence<unsigned, kGroup>{});
    constexpr unsigned kWhole = kWidth * kGroup / 64 * 8;
    if constexpr (kWidth * kGroup % 64 != 0) std::memcpy(out + kWhole, &word, sizeof word);
  }
}

template <typename T>
constexpr auto kUnpack = []<unsigned... kWidth>(std::integer_sequence<unsigned, kWidth...>) {
  return std::array{&unpack_groups<kWidth, T>...};
}(std::make_integer_sequence<unsigned, kMaxWidth + 1>{});

template <typename T>
constexpr auto kPack = []<unsigned... kWidth>(std::integer_sequence<unsigned, kWidth...>) {
  return std::array{&pack_groups<kWidth, T>...};
}(std::make_integer_sequence<unsigned, kMaxWidth + 1>{});

}  // namespace

template <typename T>
void unpack_bits(const std::uint8_t* in, std::size_t count, unsigned width, std::uint64_t base, std::uint64_t factor,
                 T* out) {
  const std::size_t groups = count / kGroup;
  kUnpack<T>[width](in, groups, base, factor, out);
  for (std::size_t i = groups * kGroup; i < count; ++i) {
    out[i] = static_cast<T>(base + extract_bits(in, width, i) * factor);
  }
}

template <typename T>
void pack_bits(const T* values, std::size_t count, unsigned width, T base, std::uint8_t* out) {
  const std::size_t groups = count / kGroup;
  kPack<T>[width](values, groups, base, out);
  if (count % kGroup == 0) return;
  // The last few, with zeros behind them.
  std::array<T, kGroup> last;
  last.fill(base);
  std::memcpy(last.data(), values + groups * kGroup, count % kGroup * sizeof(T));
  std::array<std::uint8_t, kMaxWidth + 8> packed;
  kPack<T>[width](last.data(), 1, base, packed.data());
  std::memcpy(out + groups * width, packed.data(), packed_size(count % kGroup, width));
}

template void unpack_bits(const std::uint8_t*, std::size_t, unsigned, std::uint64_t, std::uint64_t, std::uint32_t*);
template void unpack_bits(const std::uint8_t*, std::size_t, unsigned, std::uint64_t, std::uint64_t, std::uint64_t*);
template void pack_bits(const std::uint32_t*, std::size_t, unsigned, std::uint32_t, std::uint8_t*);
template void pack_bits(const std::uint64_t*, std::size_t, unsigned, std::uint64_t, std::uint8_t*);

}  // namespace weir
