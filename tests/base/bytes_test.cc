#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

TEST(LoadBe, ReadsEveryWidth) {
  const std::array<std::uint8_t, 8> b = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(load_be16(b.data()), 0x0102);
  EXPECT_EQ(load_be32(b.data()), 0x01020304U);
  EXPECT_EQ(load_be64(b.data()), 0x0102030405060708U);
  EXPECT_EQ(load_be(b.data(), 0), 0U);
  EXPECT_EQ(load_be(b.data(), 3), 0x010203U);
  EXPECT_EQ(load_be(b.data(), 5), 0x0102030405U);
  EXPECT_EQ(load_be(b.data(), 8), 0x0102030405060708U);
}

TEST(StoreBe, IsTheInverseOfLoad) {
  std::array<std::uint8_t, 8> b{};
  store_be16(b.data(), 0xfffe);
  EXPECT_EQ(load_be16(b.data()), 0xfffe);
  store_be32(b.data(), 0xfffefdfcU);
  EXPECT_EQ(load_be32(b.data()), 0xfffefdfcU);
  store_be64(b.data(), 0xfffefdfcfbfaf9f8U);
  EXPECT_EQ(load_be64(b.data()), 0xfffefdfcfbfaf9f8U);
}

TEST(ByteReader, ReadsInOrder) {
  const std::array<std::uint8_t, 15> b = {1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4};
  ByteReader reader(b);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 2);
  EXPECT_EQ(reader.u32(), 3U);
  EXPECT_EQ(reader.u64(), 4U);
  EXPECT_EQ(reader.remaining(), 0U);
  EXPECT_FALSE(reader.failed());
}

TEST(ByteReader, NeverLeavesItsBytes) {
  const std::array<std::uint8_t, 3> b = {1, 2, 3};
  ByteReader reader(b);
  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.remaining(), 0U);
  EXPECT_EQ(reader.u8(), 0) << "a failed reader stays at the end";
}

TEST(ByteReader, RefusesLengthsThatWouldOverflow) {
  const std::array<std::uint8_t, 3> b = {1, 2, 3};
  ByteReader reader(b);
  reader.skip(1);
  EXPECT_TRUE(reader.bytes(SIZE_MAX).empty());
  EXPECT_TRUE(reader.failed());
}

}  // namespace
}  // namespace weir
