#include "store/rollup_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace weir {
namespace {

using KeyOrder = std::tuple<std::uint32_t, std::uint16_t, std::uint32_t, std::uint32_t, std::uint16_t>;

KeyOrder order_of(const RollupKey& k) { return {k.dst, k.port, k.site, k.src, k.block}; }

bool add(RollupTable& table, const RollupKey& key, const RollupSums& sums = {}) {
  const RollupRow row{key, sums};
  return table.add({&row, 1});
}

RollupKey random_key(std::mt19937& random) {
  return {.src = static_cast<std::uint32_t>(random() % 30),
          .dst = static_cast<std::uint32_t>(random() % 30),
          .site = static_cast<std::uint32_t>(random() % 3 * 0x9000),
          .port = static_cast<std::uint16_t>(random() % 4),
          .block = static_cast<std::uint16_t>(random() % 5)};
}

TEST(RollupTable, SumsByKeyAndSorts) {
  MemoryBudget budget(64 << 20);
  std::map<KeyOrder, RollupSums> expected;
  {
    RollupTable table(budget);
    std::mt19937 random(1);
    for (int i = 0; i < 100; ++i) {
      std::vector<RollupRow> rows(1000);
      for (RollupRow& row : rows) {
        row = {random_key(random), {random(), random(), random(), random(), 1 + random() % 3}};
        expected[order_of(row.key)] += row.sums;
      }
      ASSERT_TRUE(table.add(rows));
    }
    ASSERT_EQ(table.size(), expected.size());
    EXPECT_GT(table.size(), 32'768u) << "more than one chunk";
    auto next = expected.begin();
    EXPECT_TRUE(table.sort());
    for (const std::uint32_t i : table.order()) {
      ASSERT_EQ(order_of(table.row(i).key), next->first);
      ASSERT_EQ(table.row(i).sums, next->second);
      ++next;
    }
    EXPECT_GE(budget.used(), table.size() * sizeof(RollupRow));
  }
  EXPECT_EQ(budget.used(), 0u);
}

std::vector<std::uint16_t> blocks_in_order(RollupTable& table) {
  std::vector<std::uint16_t> blocks;
  if (!table.sort()) throw std::runtime_error("no memory");
  for (const std::uint32_t i : table.order()) {
    if (blocks.empty() || blocks.back() != table.row(i).key.block) blocks.push_back(table.row(i).key.block);
  }
  return blocks;
}

TEST(RollupTable, KeepsLongStretchesOfTimeApart) {
  MemoryBudget budget(256 << 20);
  RollupTable full(budget);
  for (std::uint16_t block = 0; block < 3; ++block) {
    for (std::uint32_t i = 0; i < RollupTable::kStretchRows * 2 / 3; ++i) {
      ASSERT_TRUE(add(full, {.src = i, .block = block}));
    }
  }
  const auto blocks = blocks_in_order(full);
  EXPECT_EQ(std::ranges::count(blocks, 0), RollupTable::kStretchRows * 2 / 3) << "the first two take turns";
  EXPECT_EQ(std::ranges::count(blocks, 2), 1);
  EXPECT_EQ(blocks.back(), 2);

  RollupTable sparse(budget);
  for (std::uint16_t block = 0; block < 288; ++block) {
    for (std::uint32_t src = 0; src < 2; ++src) ASSERT_TRUE(add(sparse, {.src = src, .block = block}));
  }
  std::vector<std::uint16_t> expected;
  for (const int first : {0, 144}) {
    for (int src = 0; src < 2; ++src) {
      for (int i = 0; i < 144; ++i) expected.push_back(static_cast<std::uint16_t>(first + i));
    }
  }
  EXPECT_EQ(blocks_in_order(sparse), expected);
}

TEST(RollupTable, StopsAtTheBudget) {
  MemoryBudget budget(3 << 20);
  RollupTable table(budget);
  std::uint32_t added = 0;
  while (added < 1'000'000 && add(table, {.src = added, .dst = 1}, {.bytes = added})) ++added;
  EXPECT_TRUE(budget.refused());
  EXPECT_LE(budget.used(), budget.limit());
  ASSERT_EQ(table.size(), added);
  EXPECT_GT(added, 10'000u);
  EXPECT_FALSE(table.sort()) << "there is no room for that either";
  for (std::uint32_t i = 0; i < added; ++i) {
    ASSERT_EQ(table.row(i).key.src, i);
    ASSERT_EQ(table.row(i).sums.bytes, i);
  }
}

}  // namespace
}  // namespace weir
