#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>
#include <vector>

namespace weir {
namespace {

void expect_crc(Bytes bytes, std::uint32_t crc) {
  EXPECT_EQ(crc32c(bytes), crc);
  EXPECT_EQ(crc32c_by_table(bytes), crc);
}

TEST(Crc32cTest, KnownVectors) {
  expect_crc({}, 0);
  expect_crc(as_bytes("123456789"), 0xe3069283);
  // RFC 3720 appendix B.4.
  std::vector<std::uint8_t> bytes(32, 0);
  expect_crc(bytes, 0x8a9136aa);
  bytes.assign(32, 0xff);
  expect_crc(bytes, 0x62a8ab43);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  expect_crc(bytes, 0x46dd794e);
}

TEST(Crc32cTest, InstructionAndTableAgreeAtEveryLengthAndSplit) {
  std::vector<std::uint8_t> bytes(10'000);
  std::uint32_t state = 1;
  for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  const Bytes all(bytes);
  for (std::size_t size = 0; size < all.size(); size = size * 5 / 4 + 1) {
    const std::uint32_t whole = crc32c_by_table(all.first(size));
    EXPECT_EQ(crc32c(all.first(size)), whole) << size;
    EXPECT_EQ(crc32c(all.subspan(size / 3, size - size / 3), crc32c(all.first(size / 3))), crc32c(all.first(size)));
  }
}

}  // namespace
}  // namespace weir
