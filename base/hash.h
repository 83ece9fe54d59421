// Hashing of keys that are a few 64-bit words.
//
// Keys come from the network, so the hash has a seed of the process: nobody outside can aim at one bucket. Nothing that
// is printed or kept may depend on it.
//
// Thread rules: from any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

// Drawn at start.
extern const std::uint64_t kHashSeed;

// The two halves of the product, folded.
inline std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// All 64 bits are good: take a partition from the high ones and a slot from the low ones.
template <std::size_t N>
std::uint64_t hash_words(const std::uint64_t* words) {
  std::uint64_t h = kHashSeed;
  for (std::size_t i = 0; i + 1 < N; i += 2) {
    h = fold_product(words[i] ^ h, words[i + 1] ^ 0xa0761d6478bd642fULL);
  }
  if constexpr (N % 2 != 0) h = fold_product(words[N - 1] ^ h, 0xe7037ed1a0b428dbULL);
  return fold_product(h ^ kHashSeed, 0x8ebc6af09c88c6e3ULL);
}

}  // namespace weir
