#include "base/crc32c.h"

#include <array>
#include <cstddef>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace weir {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;

// kTables[k][b]: the effect of byte b with k bytes behind it.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 0xff];
  }
  return tables;
}();

std::uint64_t load_le64(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

std::uint32_t update_by_table(std::uint32_t crc, const std::uint8_t* p, std::size_t size) {
  for (; size >= 8; size -= 8, p += 8) {
    const std::uint64_t v = load_le64(p) ^ crc;
    crc = 0;
    for (unsigned k = 0; k < 8; ++k) crc ^= kTables[7 - k][v >> 8 * k & 0xff];
  }
  for (; size > 0; --size, ++p) crc = crc >> 8 ^ kTables[0][(crc ^ *p) & 0xff];
  return crc;
}

#if defined(__x86_64__)

// The instruction takes a word a cycle but answers after three: three streams keep it busy. Their checksums are joined
// by the table of what kStream zero bytes do to one.
constexpr std::size_t kStream = 1024;

const auto kSkipStream = [] {
  std::array<std::array<std::uint32_t, 256>, 4> tables{};
  constexpr std::array<std::uint8_t, kStream> kZeros{};
  for (unsigned byte = 0; byte < 4; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      tables[byte][1U << bit] = update_by_table(1U << (8 * byte + bit), kZeros.data(), kStream);
    }
    for (unsigned b = 1; b < 256; ++b) tables[byte][b] = tables[byte][b & (b - 1)] ^ tables[byte][b & (~b + 1)];
  }
  return tables;
}();

std::uint64_t skip_stream(std::uint64_t crc) {
  return kSkipStream[0][crc & 0xff] ^ kSkipStream[1][crc >> 8 & 0xff] ^ kSkipStream[2][crc >> 16 & 0xff] ^
         kSkipStream[3][crc >> 24 & 0xff];
}

__attribute__((target("sse4.2"))) std::uint32_t update_by_instruction(std::uint32_t before, const std::uint8_t* p,
                                                                      std::size_t size) {
  std::uint64_t crc = before;
  for (; size >= 3 * kStream; size -= 3 * kStream, p += 3 * kStream) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < kStream; i += 8) {
      crc = _mm_crc32_u64(crc, load_le64(p + i));
      second = _mm_crc32_u64(second, load_le64(p + kStream + i));
      third = _mm_crc32_u64(third, load_le64(p + 2 * kStream + i));
    }
    crc = skip_stream(skip_stream(crc) ^ second) ^ third;
  }
  for (; size >= 8; size -= 8, p += 8) crc = _mm_crc32_u64(crc, load_le64(p));
  for (; size > 0; --size, ++p) crc = _mm_crc32_u8(static_cast<std::uint32_t>(crc), *p);
  return static_cast<std::uint32_t>(crc);
}

const bool kHasInstruction = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0;
}();

#endif

}  // namespace

std::uint32_t crc32c(Bytes bytes, std::uint32_t before) {
#if defined(__x86_64__)
  if (kHasInstruction) return ~update_by_instruction(~before, bytes.data(), bytes.size());
#endif
  return crc32c_by_table(bytes, before);
}

std::uint32_t crc32c_by_table(Bytes bytes, std::uint32_t before) {
  return ~update_by_table(~before, bytes.data(), bytes.size());
}

}  // namespace weir
