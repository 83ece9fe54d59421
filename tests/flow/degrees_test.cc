#include "flow/degrees.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "base/text.h"

namespace weir {
namespace {

std::string text(std::uint32_t degrees) {
  char out[kNumberRoom];
  char* const end = write_degrees(out, degrees);
  EXPECT_LE(static_cast<std::size_t>(end - out), kDegreesText);
  return {out, end};
}

TEST(Degrees, AreWrittenWithoutZerosAtTheEnd) {
  EXPECT_EQ(text(degrees_from(52.52).value()), "52.52");
  EXPECT_EQ(text(degrees_from(-0.1).value()), "-0.1");
  EXPECT_EQ(text(degrees_from(-0.000001).value()), "-0.000001");
  EXPECT_EQ(text(degrees_from(139.75309).value()), "139.75309");
  EXPECT_EQ(text(degrees_from(-180).value()), "-180");
  EXPECT_EQ(text(degrees_from(0).value()), "0");
  EXPECT_EQ(text(degrees_from(100).value()), "100");
  EXPECT_EQ(text(0), "-1000");
  EXPECT_EQ(text(UINT32_MAX), "3294.967295");
}

TEST(Degrees, BeyondTheGlobeThereAreNone) {
  EXPECT_FALSE(degrees_from(180.001));
  EXPECT_FALSE(degrees_from(-181));
  EXPECT_FALSE(degrees_from(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(degrees_from(std::numeric_limits<double>::infinity()));
  for (const char* wrong : {"", "-", "x", "181", "1.2345678", "1e2", "1.5x", " 1", "0x10", "nan"}) {
    EXPECT_FALSE(parse_degrees(wrong)) << wrong;
  }
}

TEST(Degrees, WhatIsWrittenIsRead) {
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t degrees = kDegreesZero - 180'000'000 + static_cast<std::uint32_t>(random() % 360'000'001);
    ASSERT_EQ(parse_degrees(text(degrees)), degrees) << text(degrees);
  }
}

TEST(Degrees, CompareAsNumbers) {
  EXPECT_LT(degrees_from(-10), degrees_from(-9.5));
  EXPECT_LT(degrees_from(-0.5), degrees_from(0));
  EXPECT_LT(degrees_from(0), degrees_from(0.5));
}

}  // namespace
}  // namespace weir
