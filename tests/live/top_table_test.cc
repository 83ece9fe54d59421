// The ranking: rates over windows, seconds that roll over, silence, eviction.
#include "live/top_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/bytes.h"

namespace weir {
namespace {

using testing::ElementsAre;

TopKey key(std::uint32_t n) { return {IpAddress::v4(n).bytes, {}, 0, 0, 0, Family::kV4, 0}; }

TEST(TopTable, RatesCoverWholeSecondsOfEachWindow) {
  TopTable table(8);
  for (std::uint64_t second = 0; second < 60; ++second) table.add(key(1), false, {1000 * (second + 1), 2}, second);
  const std::vector<TopRow> rows = table.rows(10, 59, 59);
  ASSERT_EQ(rows.size(), 1U);
  // Seconds 57 and 58; 49 to 58; 19 to 58. The 59th is under way.
  EXPECT_THAT(rows[0].rates.bits_per_s, ElementsAre(8 * 58'500, 8 * 54'500, 8 * 39'500));
  EXPECT_THAT(rows[0].rates.packets_per_s, ElementsAre(2, 2, 2));
  EXPECT_EQ(rows[0].bytes, 1000U * 60 * 61 / 2);
}

TEST(TopTable, RatesCoverNoMoreThanWasWatched) {
  TopTable table(8);
  table.add(key(1), false, {6000, 6}, 1);
  table.add(key(1), false, {6000, 6}, 2);
  table.add(key(1), false, {6000, 6}, 3);
  EXPECT_THAT(table.rows(1, 4, 3)[0].rates.bits_per_s, ElementsAre(48'000, 48'000, 48'000));
  EXPECT_THAT(table.rows(1, 4, 0)[0].rates.bits_per_s, ElementsAre(0, 0, 0));
}

TEST(TopTable, WhatComesLateBelongsToItsSecond) {
  TopTable table(8);
  table.add(key(1), false, {100, 1}, 10);
  table.add(key(1), false, {1000, 1}, 12);
  table.add(key(1), false, {20, 1}, 11);
  EXPECT_THAT(table.rows(1, 12, 12)[0].rates.bits_per_s, ElementsAre(8 * 120 / 2, 8 * 120 / 10, 8 * 120 / 12));
}

TEST(TopTable, SilentKeysLeaveUncounted) {
  TopTable table(8);
  table.add(key(1), false, {100, 1}, 0);
  table.add(key(2), false, {100, 1}, 5);
  EXPECT_EQ(table.rows(10, 40, 40).size(), 2U);
  EXPECT_EQ(table.rows(10, 41, 40).size(), 1U);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.dropped(), 0U);
}

TEST(TopTable, BusiestFirst) {
  TopTable table(8);
  table.add(key(1), false, {1, 1}, 30);
  table.add(key(2), false, {3, 1}, 31);
  table.add(key(3), false, {1'000'000, 1}, 5);  // long ago
  const std::vector<TopRow> rows = table.rows(2, 32, 32);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].key, key(2));
  EXPECT_EQ(rows[1].key, key(1));
}

TEST(TopTable, BusierEnd) {
  TopTable table(8);
  table.add(key(1), false, {10, 1}, 1);
  EXPECT_FALSE(table.rows(1, 2, 2)[0].b_is_busier);
  table.add(key(1), true, {11, 1}, 1);
  EXPECT_TRUE(table.rows(1, 2, 2)[0].b_is_busier);
}

TEST(TopTable, AFloodOfSmallOnesDropsThemselvesNotTheLarge) {
  TopTable table(64);
  for (std::uint32_t i = 0; i < 4; ++i) table.add(key(i), false, {1'000'000, 1000}, 1);
  for (std::uint32_t i = 100; i < 10'100; ++i) table.add(key(i), false, {60, 1}, 1);
  EXPECT_EQ(table.size(), 64U);
  EXPECT_EQ(table.dropped(), 4 + 10'000 - 64U);
  const std::vector<TopRow> rows = table.rows(4, 2, 2);
  for (const TopRow& row : rows) EXPECT_EQ(row.bytes, 1'000'000U);
}

TEST(TopTable, SumsNeverWrap) {
  TopTable table(8);
  table.add(key(1), false, {~std::uint64_t{0}, ~std::uint64_t{0}}, 1);
  table.add(key(1), false, {~std::uint64_t{0}, 5}, 1);
  EXPECT_EQ(table.rows(1, 2, 1)[0].rates.bits_per_s[0], ~std::uint64_t{0});
  EXPECT_EQ(table.rows(1, 2, 1)[0].bytes, ~std::uint64_t{0});
}

// Against a plain map, with keys that come and go.
TEST(TopTable, AgreesWithAMap) {
  std::mt19937 random(7);
  TopTable table(512);
  std::map<std::uint32_t, std::map<std::uint64_t, std::uint64_t>> plain;  // bytes by key and second
  for (std::uint64_t second = 1; second < 400; ++second) {
    for (int i = 0; i < 20; ++i) {
      const std::uint32_t n = random() % 8 + static_cast<std::uint32_t>(second / 20 * 8);
      const std::uint64_t bytes = random() % 10'000 + 1;
      table.add(key(n), false, {bytes, 1}, second);
      plain[n][second] += bytes;
    }
    std::map<std::uint32_t, std::uint64_t> expected;
    for (const auto& [n, seconds] : plain) {
      if (seconds.rbegin()->first + 40 < second) continue;
      for (std::uint64_t s = second - std::min<std::uint64_t>(second, 40); s < second; ++s) {
        expected[n] += seconds.contains(s) ? seconds.at(s) : 0;
      }
    }
    std::map<std::uint32_t, std::uint64_t> found;
    for (const TopRow& row : table.rows(512, second, 40)) {
      const std::uint8_t* const a = row.key.a.data();
      found[load_be32(a)] = row.rates.bits_per_s[2];
    }
    for (auto& [n, bytes] : expected) bytes = bytes * 8 / 40;
    ASSERT_EQ(found, expected) << second;
  }
}

}  // namespace
}  // namespace weir
