#include "store/measure.h"

#include <algorithm>

namespace weir {
namespace {

// Each pass is written once; compilers make it for the baseline and, inlined into a function with a target, for AVX2.
#define WEIR_INLINE [[gnu::always_inline]] inline

template <typename T>
WEIR_INLINE Shape<T> measure_pass(std::span<const T> values) {
  const T* v = values.data();
  const T first = v[0];
  T min = first, max = first, differing = 0;
  T runs = 1;  // of the values' own type, so that vectors need not widen
  for (std::size_t i = 1; i < values.size(); ++i) {
    min = std::min(min, v[i]);
    max = std::max(max, v[i]);
    differing |= v[i] ^ first;
    runs += v[i] != v[i - 1];
  }
  return {min, max, differing, static_cast<std::size_t>(runs)};
}

template <typename T>
WEIR_INLINE PresenceCount presence_pass(std::span<const T> values, const std::uint8_t* present) {
  std::uint32_t sum = 0, unlike = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += present[i];
    unlike += std::uint32_t{present[i]} ^ static_cast<std::uint32_t>(values[i] != 0);
  }
  return {sum, unlike};
}

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

WEIR_INLINE std::uint64_t subtract_pass(const std::uint64_t* a, const std::uint64_t* b, std::span<std::uint64_t> out) {
  std::uint64_t least = UINT64_MAX;
  std::uint64_t* to = out.data();
  for (std::size_t i = 0; i < out.size(); ++i) {
    to[i] = a[i] - b[i];
    least = std::min(least, to[i] ^ kSign);
  }
  return least ^ kSign;
}

WEIR_INLINE std::uint64_t scale_pass(std::span<const std::uint64_t> values, std::uint64_t base, unsigned shift,
                                     std::uint64_t factor, std::uint64_t* out) {
  const std::uint64_t* v = values.data();
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = ((v[i] - base) >> shift) * factor;
    all |= out[i];
  }
  return all;
}

#if defined(__x86_64__)
#define WEIR_AVX2 __attribute__((target("avx2")))

template <typename T>
WEIR_AVX2 Shape<T> measure_avx2(std::span<const T> values) {
  return measure_pass(values);
}
template <typename T>
WEIR_AVX2 PresenceCount presence_avx2(std::span<const T> values, const std::uint8_t* present) {
  return presence_pass(values, present);
}
WEIR_AVX2 std::uint64_t subtract_avx2(const std::uint64_t* a, const std::uint64_t* b, std::span<std::uint64_t> out) {
  return subtract_pass(a, b, out);
}
WEIR_AVX2 std::uint64_t scale_avx2(std::span<const std::uint64_t> values, std::uint64_t base, unsigned shift,
                                   std::uint64_t factor, std::uint64_t* out) {
  return scale_pass(values, base, shift, factor, out);
}

const bool kHasAvx2 = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}();
#define WEIR_WIDEST(pass, ...) return kHasAvx2 ? pass##_avx2(__VA_ARGS__) : pass##_pass(__VA_ARGS__)
#else
#define WEIR_WIDEST(pass, ...) return pass##_pass(__VA_ARGS__)
#endif

}  // namespace

template <typename T>
Shape<T> measure(std::span<const T> values) {
  WEIR_WIDEST(measure, values);
}
template <typename T>
PresenceCount count_presence(std::span<const T> values, const std::uint8_t* present) {
  WEIR_WIDEST(presence, values, present);
}
std::uint64_t subtract(const std::uint64_t* a, const std::uint64_t* b, std::span<std::uint64_t> out) {
  WEIR_WIDEST(subtract, a, b, out);
}
std::uint64_t scale(std::span<const std::uint64_t> values, std::uint64_t base, unsigned shift, std::uint64_t factor,
                    std::uint64_t* out) {
  WEIR_WIDEST(scale, values, base, shift, factor, out);
}

std::uint64_t least_above_zero(std::span<const std::uint64_t> values) {
  std::uint64_t least = UINT64_MAX;
  for (const std::uint64_t v : values) least = std::min(least, v - 1);
  return least + 1;
}

template Shape<std::uint32_t> measure(std::span<const std::uint32_t>);
template Shape<std::uint64_t> measure(std::span<const std::uint64_t>);
template PresenceCount count_presence(std::span<const std::uint32_t>, const std::uint8_t*);
template PresenceCount count_presence(std::span<const std::uint64_t>, const std::uint8_t*);

}  // namespace weir
