// Readers beside a running writer, and retention.
#include <atomic>
#include <thread>

#include "base/clock.h"
#include "tests/store/store_fixture.h"

namespace weir::test {
namespace {

using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;

class StoreLiveTest : public StoreTest {
 protected:
  static std::uint64_t days_ago(std::uint64_t days) { return wall_time_ns() - days * kDayNs; }
  std::map<std::uint64_t, std::uint32_t> rows_by_day(Tier tier) const {
    std::map<std::uint64_t, std::uint32_t> rows;
    for (const SegmentEntry& entry : segments()) {
      if (entry.tier == tier) rows[entry.day()] += entry.rows;
    }
    return rows;
  }
};

// What a reader sees is a beginning of what was appended: no flow twice, none left out, however often journals are cut
// and segments merged meanwhile.
TEST_F(StoreLiveTest, ReadersSeeEveryFlowOnceWhileTheWriterWorks) {
  options_.segment_rows = 700;
  options_.merged_rows = 20'000;
  const auto writer = open();
  std::atomic<std::uint64_t> durable = 0;
  std::atomic<bool> stop = false;
  std::atomic<unsigned> looks = 0;
  const auto reader = [&] {
    std::uint64_t seen = 0;
    while (!stop) {
      const std::uint64_t at_least = durable;
      const auto snapshot = open_snapshot(options_.dir);
      ASSERT_TRUE(snapshot) << snapshot.error().message;
      ASSERT_THAT(snapshot->damage, IsEmpty());
      const auto numbers = numbers_in(*snapshot);
      ASSERT_EQ(wrong_numbers(numbers, numbers.size()), "");
      ASSERT_GE(numbers.size(), at_least);
      ASSERT_GE(numbers.size(), seen);
      seen = numbers.size();
      ++looks;
    }
  };
  {
    const std::jthread first(reader), second(reader);
    const std::jthread checker([&] {
      while (!stop) {
        const auto report = check_store(options_.dir);
        ASSERT_TRUE(report);
        for (const Finding& finding : report->damage) ADD_FAILURE() << finding.file << ": " << finding.problem;
      }
    });
    for (int i = 0; i < 60; ++i) {
      append(*writer, 500);
      if (i % 7 == 0) {
        writer->flush();
        durable = next_;
      }
      if (i % 25 == 24) {
        EXPECT_TRUE(writer->compact());
      }
    }
    // Not before readers have looked.
    EXPECT_TRUE(wait_until([&] { return looks >= 10 || HasFailure(); }));
    stop = true;
  }
  writer->close();
  expect_all();
}

// Whoever has a snapshot can read it, whatever has been let go since.
TEST_F(StoreLiveTest, ASnapshotOutlivesWhatItShows) {
  const auto writer = open();
  append(*writer, 1000);
  ASSERT_TRUE(writer->compact());
  append(*writer, 500);
  writer->flush();
  const Snapshot before = snapshot();
  append(*writer, 500);
  ASSERT_TRUE(writer->compact());
  EXPECT_EQ(wrong_numbers(numbers_in(before), 1500), "");
  expect_all();
}

TEST_F(StoreLiveTest, OldDaysGo) {
  const auto writer = open();
  append(*writer, 100, {.received_ns = days_ago(9)});
  append(*writer, 100, {.received_ns = days_ago(4)});
  append(*writer, 100);
  ASSERT_TRUE(writer->compact());
  EXPECT_THAT(segments(), SizeIs(3));
  writer->close();
  options_.raw_retain = std::chrono::hours(24 * 5);
  const auto next = open();
  EXPECT_TRUE(wait_until([&] { return segments().size() == 2; }));
  EXPECT_THAT(rows_by_day(Tier::kRaw), SizeIs(2));
  next->close();
  options_.raw_retain = std::chrono::hours(24 * 3);
  const auto third = open();
  EXPECT_TRUE(wait_until([&] { return segments().size() == 1; }));
  third->close();
  EXPECT_THAT(list_files(options_.dir), SizeIs(3));  // LOCK, MANIFEST and it
}

TEST_F(StoreLiveTest, OldDaysAreRolledUpInOneStep) {
  options_.raw_retain = std::chrono::hours(24 * 2);
  options_.rollup_retain = std::chrono::hours(24 * 30);
  options_.segment_rows = 1000;
  const auto writer = open();
  std::atomic<bool> stop = false;
  std::atomic<bool> rolled_up = false;
  const std::uint64_t old = days_ago(5);
  {
    append(*writer, 5000, {.received_ns = old, .batch = 500});
    writer->flush();
    // The traffic of the day is always all there: raw, rolled up, or still in the journal.
    const std::jthread reader([&] {
      while (!stop) {
        const auto snapshot = open_snapshot(options_.dir, day_range(day_of(old)));
        ASSERT_TRUE(snapshot);
        ASSERT_THAT(snapshot->damage, IsEmpty());
        std::uint64_t packets = 0;
        for (const auto& segment : snapshot->segments) {
          packets += segment->summary().packets;
          if (segment->summary().tier == Tier::kRollup) rolled_up = true;
        }
        ASSERT_EQ(packets, 5000u);
      }
    });
    EXPECT_TRUE(writer->compact());
    EXPECT_TRUE(wait_until([&] { return rolled_up.load() || HasFailure(); }));
    stop = true;
  }
  EXPECT_THAT(rows_by_day(Tier::kRaw), IsEmpty());
  EXPECT_THAT(rows_by_day(Tier::kRollup), SizeIs(1));
  // Late flows of that day are added to its roll-up.
  append(*writer, 100, {.received_ns = old});
  ASSERT_TRUE(writer->compact());
  EXPECT_THAT(rows_by_day(Tier::kRaw), IsEmpty());
  std::uint64_t flows = 0;
  for (const auto& segment : snapshot().segments) flows += segment->summary().flows;
  EXPECT_EQ(flows, 5100u);
  writer->close();
  options_.raw_retain = std::chrono::hours(24);
  options_.rollup_retain = std::chrono::hours(24 * 3);
  const auto next = open();
  EXPECT_TRUE(wait_until([&] { return segments().empty(); }));
}

TEST_F(StoreLiveTest, StaysBelowItsSize) {
  const auto writer = open();
  for (std::uint64_t day = 8; day > 0; --day) append(*writer, 20'000, {.received_ns = days_ago(day)});
  ASSERT_TRUE(writer->compact());
  ASSERT_THAT(segments(), SizeIs(8));
  const std::uint64_t size = writer->status().bytes_on_disk;
  writer->close();
  options_.max_size = size * 9 / 16;
  const auto next = open();
  ASSERT_TRUE(next->compact());
  EXPECT_LE(next->status().bytes_on_disk, options_.max_size);
  EXPECT_THAT(segments(), SizeIs(4));
  EXPECT_THAT(rows_by_day(Tier::kRaw), Each(testing::Pair(testing::Ge(day_of(days_ago(4))), 20'000u)));
}

}  // namespace
}  // namespace weir::test
