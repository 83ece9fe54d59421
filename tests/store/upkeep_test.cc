// The plans of compaction and retention.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "store/compaction.h"
#include "store/retention.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = RetentionStep::Kind;

constexpr std::uint64_t kDay = 20000;

struct Store {
  std::vector<SegmentEntry> segments;
  std::uint64_t next_id = 1;
  std::uint64_t clock = 0;

  SegmentEntry& add(std::uint32_t rows, std::uint64_t day = kDay, Tier tier = Tier::kRaw) {
    const std::uint64_t at = day_range(day).first + clock++;
    return segments.emplace_back(SegmentEntry{next_id++, tier, rows, {at, at}, rows * 10ULL});
  }

  // Replaces by one; the number of rows written.
  std::uint64_t merge(const std::vector<SegmentEntry>& inputs) {
    SegmentEntry merged = inputs.front();
    merged.rows = 0;
    for (const SegmentEntry& input : inputs) {
      merged.rows += input.rows;
      std::erase(segments, input);
    }
    merged.id = next_id++;
    segments.push_back(merged);
    return merged.rows;
  }

  std::uint64_t merge_all(const MergePolicy& policy) {
    std::uint64_t written = 0;
    for (int i = 0; i < 10000; ++i) {
      const auto plan = plan_merge(segments, policy);
      if (plan.empty()) return written;
      written += merge(plan);
    }
    ADD_FAILURE() << "never ends";
    return written;
  }
};

std::vector<std::uint64_t> ids(const std::vector<SegmentEntry>& entries) {
  std::vector<std::uint64_t> ids;
  for (const SegmentEntry& entry : entries) ids.push_back(entry.id);
  return ids;
}

MergePolicy open_day() { return {.merged_rows = 4 << 20, .first_open_day = kDay, .busy_days = {}, .keep = {}}; }
MergePolicy closed_day() { return {.merged_rows = 4 << 20, .first_open_day = kDay + 1, .busy_days = {}, .keep = {}}; }

TEST(CompactionTest, WaitsForEight) {
  Store store;
  for (int i = 0; i < 7; ++i) store.add(1000);
  EXPECT_THAT(plan_merge(store.segments, open_day()), IsEmpty());
  store.add(1300);
  EXPECT_THAT(ids(plan_merge(store.segments, open_day())), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(CompactionTest, LargeFirstSegmentsAreMergedOnce) {
  Store store;
  std::uint64_t written = 0;
  for (int i = 0; i < 16 * 10; ++i) {
    store.add(256 * 1024);
    written += store.merge_all(open_day());
  }
  written += store.merge_all(closed_day());
  EXPECT_LE(store.segments.size(), 11u);
  EXPECT_LE(written, 16u * 10 * 256 * 1024 * 11 / 10);
}

TEST(CompactionTest, WritesARowFewTimesAtLowRates) {
  for (const std::uint32_t rows : {1u, 30u, 3000u, 40000u, 100000u}) {
    Store store;
    std::uint64_t written = 0;
    std::size_t most = 0;
    for (std::uint32_t i = 0; i < 288; ++i) {
      store.add(rows + i % 7 * rows / 10);
      written += store.merge_all(open_day());
      most = std::max(most, store.segments.size());
    }
    std::uint64_t total = 0;
    for (const SegmentEntry& entry : store.segments) total += entry.rows;
    written += store.merge_all(closed_day());
    EXPECT_LE(written, total * 4) << rows;
    EXPECT_LE(most, 80u) << rows;
    EXPECT_LE(store.segments.size(), total / (4u << 20) * 2 + 1) << rows;
    for (const SegmentEntry& entry : store.segments) EXPECT_LE(entry.rows, 4u << 20);
  }
}

TEST(CompactionTest, KeepsDaysAndTiersApart) {
  Store store;
  for (int i = 0; i < 5; ++i) {
    store.add(100, kDay);
    store.add(100, kDay - 1);
    store.add(100, kDay - 1, Tier::kRollup);
  }
  store.merge_all({.merged_rows = 1000, .first_open_day = UINT64_MAX, .busy_days = {}, .keep = {}});
  std::map<std::pair<std::uint64_t, Tier>, std::uint32_t> rows;
  for (const SegmentEntry& entry : store.segments) rows[{entry.day(), entry.tier}] += entry.rows;
  EXPECT_EQ(store.segments.size(), 3u);
  for (const auto& [key, count] : rows) EXPECT_EQ(count, 500u);
}

TEST(CompactionTest, ADayThatIsOverIsMergedAsFarAsItGoes) {
  Store store;
  store.add(100);
  store.add(100);
  EXPECT_THAT(plan_merge(store.segments, open_day()), IsEmpty());
  EXPECT_THAT(ids(plan_merge(store.segments, closed_day())), ElementsAre(1, 2));
  MergePolicy busy = closed_day();
  busy.busy_days = {kDay};
  EXPECT_THAT(plan_merge(store.segments, busy), IsEmpty());
  store.merge_all(closed_day());
  EXPECT_THAT(plan_merge(store.segments, closed_day()), IsEmpty());
}

TEST(CompactionTest, DoesNotTouchWhatIsDamaged) {
  Store store;
  for (int i = 0; i < 4; ++i) store.add(100);
  MergePolicy policy = closed_day();
  policy.keep = {2};
  EXPECT_THAT(ids(plan_merge(store.segments, policy)), ElementsAre(1, 3, 4));
}

TEST(CompactionTest, DoesNotWriteALargeSegmentAgainForAFewRows) {
  Store store;
  store.add(3'000'000, kDay);
  store.add(10, kDay);
  EXPECT_THAT(plan_merge(store.segments, closed_day()), IsEmpty());
}

RetentionPolicy nothing() {
  RetentionPolicy policy;
  policy.first_open_day = kDay;
  return policy;
}

TEST(RetentionTest, KeepsEverythingByDefault) {
  Store store;
  store.add(100, 1);
  EXPECT_EQ(plan_retention(store.segments, nothing()).kind, Kind::kNothing);
}

TEST(RetentionTest, OldRawDaysGoWhole) {
  Store store;
  store.add(100, kDay - 2);
  store.add(100, kDay - 1);
  store.add(100, kDay - 2);
  RetentionPolicy policy = nothing();
  policy.raw_from_day = kDay - 1;
  const RetentionStep step = plan_retention(store.segments, policy);
  EXPECT_EQ(step.kind, Kind::kRemove);
  EXPECT_THAT(ids(step.segments), ElementsAre(1, 3));
}

TEST(RetentionTest, OldRawDaysBecomeRollUps) {
  Store store;
  store.add(100, kDay - 2);
  store.add(10, kDay - 2, Tier::kRollup);
  RetentionPolicy policy = nothing();
  policy.roll_up = true;
  policy.raw_from_day = kDay - 1;
  const RetentionStep step = plan_retention(store.segments, policy);
  EXPECT_EQ(step.kind, Kind::kRollUp);
  EXPECT_THAT(ids(step.segments), ElementsAre(1, 2));
}

TEST(RetentionTest, RollUpsGoWhenTheyAreOld) {
  Store store;
  store.add(10, kDay - 9, Tier::kRollup);
  store.add(10, kDay - 3, Tier::kRollup);
  RetentionPolicy policy = nothing();
  policy.roll_up = true;
  policy.raw_from_day = kDay - 1;
  policy.all_from_day = kDay - 5;
  const RetentionStep step = plan_retention(store.segments, policy);
  EXPECT_EQ(step.kind, Kind::kRemove);
  EXPECT_THAT(ids(step.segments), ElementsAre(1));
}

TEST(RetentionTest, LateFlowsOfARolledUpDayAreRolledUpToo) {
  Store store;
  store.add(10, kDay - 3, Tier::kRollup);
  store.add(1, kDay - 3);
  RetentionPolicy policy = nothing();
  policy.roll_up = true;
  EXPECT_EQ(plan_retention(store.segments, policy).kind, Kind::kRollUp);
  policy.first_open_day = kDay - 3;
  EXPECT_EQ(plan_retention(store.segments, policy).kind, Kind::kNothing);
}

TEST(RetentionTest, BySizeTheOldestRawDayThenRollUpsThenSegmentsOfToday) {
  Store store;
  store.add(5, kDay - 4, Tier::kRollup);  // 50 bytes each
  store.add(5, kDay - 2);
  store.add(5, kDay - 3);
  store.add(5, kDay);
  store.add(5, kDay);
  RetentionPolicy policy = nothing();
  policy.max_size = 250;
  EXPECT_EQ(plan_retention(store.segments, policy).kind, Kind::kNothing);
  policy.other_size = 1;
  std::vector<std::uint64_t> gone;
  for (policy.max_size = 250;; policy.max_size -= 50) {
    const RetentionStep step = plan_retention(store.segments, policy);
    if (step.kind == Kind::kNothing) break;
    EXPECT_EQ(step.kind, Kind::kRemove);
    for (const SegmentEntry& entry : step.segments) {
      gone.push_back(entry.id);
      std::erase(store.segments, entry);
    }
    if (policy.max_size == 0) break;
  }
  EXPECT_THAT(gone, ElementsAre(3, 2, 1, 4, 5));
}

TEST(RetentionTest, BySizeRawDaysAreRolledUpFirst) {
  Store store;
  store.add(5, kDay - 4, Tier::kRollup);
  store.add(50, kDay - 2);
  RetentionPolicy policy = nothing();
  policy.roll_up = true;
  policy.max_size = 100;
  const RetentionStep step = plan_retention(store.segments, policy);
  EXPECT_EQ(step.kind, Kind::kRollUp);
  EXPECT_THAT(ids(step.segments), ElementsAre(2));
}

}  // namespace
}  // namespace weir
