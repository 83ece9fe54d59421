#include "sinks/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <sstream>

#include "sinks/spool_scan.h"
#include "tests/sinks/sink_test_util.h"

namespace weir {
namespace {

using namespace sample;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

Parcel parcel(std::uint64_t id, std::uint32_t records = 4) {
  std::string lines;
  for (std::uint32_t i = 0; i < records; ++i) lines += std::to_string(id) + "." + std::to_string(i) + "\n";
  return Parcel(id, lines, records, records);
}

TEST(ParcelTest, SettledRecordsLeave) {
  Parcel one = parcel(1);
  EXPECT_EQ(one.first_lines(2), "1.0\n1.1\n");
  EXPECT_EQ(one.settle({false, true}), 1U);
  EXPECT_EQ(one.lines(), "1.0\n1.2\n1.3\n");
  EXPECT_EQ(one.number(1), 2U);
  EXPECT_EQ(one.settle_first(2), 2U);
  EXPECT_EQ(one.lines(), "1.3\n");
  EXPECT_THAT(one.settled_bits(), ElementsAre(0x07));
  Parcel again = parcel(1);
  again.restore(one.settled_bits());
  EXPECT_EQ(again.lines(), one.lines());
  EXPECT_EQ(again.pending_flows(), 1U);
  EXPECT_EQ(one.settle_first(1), 1U);
  EXPECT_EQ(one.pending(), 0U);
}

// Split biflows: more records than flows.
TEST(ParcelTest, FlowsOverRecordsAddUp) {
  for (std::uint32_t records = 7; records < 14; ++records) {
    Parcel one(1, parcel(1, records).lines().data(), records, 7);
    std::uint64_t flows = 0;
    while (one.pending() != 0) flows += one.settle_first(1);
    EXPECT_EQ(flows, 7U);
  }
}

class SpoolTest : public testing::Test {
 protected:
  std::unique_ptr<Spool> open(std::uint64_t max_bytes = 100'000'000) {
    SpoolOptions options{directory_ / "spool", max_bytes, [this](const std::string& text) { warnings_ += text; }};
    auto spool = Spool::open(std::move(options), [this](SpoolLoss loss) {
      full_ += loss.full;
      damaged_ += loss.damaged;
    });
    EXPECT_TRUE(spool) << (spool ? "" : spool.error().message);
    return *std::move(spool);
  }
  std::filesystem::path segment(int number = 1, const std::string& extension = ".spool") const {
    return directory_ / ("spool/000000000" + std::to_string(number) + extension);
  }
  static std::vector<std::uint64_t> ids_left(Spool& spool) {
    std::vector<std::uint64_t> ids;
    while (const auto one = spool.take()) ids.push_back(one->id());
    return ids;
  }
  void fill(Spool& spool, std::uint64_t count) {
    for (std::uint64_t id = 1; id <= count; ++id) {
      Parcel one = parcel(id);
      ASSERT_TRUE(spool.append(one, false));
    }
  }
  static void overwrite(const std::filesystem::path& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(~byte));
  }

  // Four parcels of four flows, one more segment behind them that is settled but for one flow of its one parcel.
  void fill_two_segments() {
    {
      fill(*open(), 4);
    }
    const auto spool = open();
    Parcel last = parcel(5, 5);
    ASSERT_TRUE(spool->append(last, true));
    last.settle_first(4);
    ASSERT_TRUE(spool->settle(last));
    second_ = content_of(segment(2));
    second_done_ = content_of(segment(2, ".done"));
  }
  void restore_segments(const std::string& first) {
    std::filesystem::remove_all(directory_ / "spool");
    std::filesystem::create_directories(directory_ / "spool");
    std::ofstream(segment(), std::ios::binary) << first;
    std::ofstream(segment(2), std::ios::binary) << second_;
    std::ofstream(segment(2, ".done"), std::ios::binary) << second_done_;
  }
  // Of the first segment. All lines that come are those that were written.
  std::uint64_t flows_left_and_damaged() {
    damaged_ = 0;
    const auto spool = open();
    damaged_ += spool->found().damaged;
    std::uint64_t flows = 0;
    while (const auto one = spool->take()) {
      const std::string whole(parcel(one->id(), one->id() == 5 ? 5 : 4).lines());
      if (one->pending() == one->records()) {
        EXPECT_EQ(one->lines(), whole);
      }
      std::istringstream lines{std::string(one->lines())};
      for (std::string line; std::getline(lines, line);) EXPECT_THAT(whole, HasSubstr(line + "\n"));
      flows += one->pending_flows();
    }
    EXPECT_EQ(spool->found().flows, flows + damaged_) << "each was found, and has one fate";
    return flows - 1 + damaged_;
  }

  TemporaryDirectory directory_;
  std::string second_, second_done_;
  std::string warnings_;
  std::uint64_t full_ = 0, damaged_ = 0;
};

TEST_F(SpoolTest, GivesBackWhatItGotInOrder) {
  const auto spool = open();
  fill(*spool, 100);
  EXPECT_EQ(spool->waiting(), 100U);
  EXPECT_EQ(spool->usage().flows, 400U);
  for (std::uint64_t id = 1; id <= 100; ++id) {
    const auto one = spool->take();
    ASSERT_TRUE(one);
    EXPECT_EQ(one->id(), id);
    EXPECT_EQ(one->lines(), parcel(id).lines());
  }
  EXPECT_FALSE(spool->take());
  EXPECT_EQ(spool->usage().flows, 400U) << "taken is not settled";
}

TEST_F(SpoolTest, RemembersWhatIsSettled) {
  {
    const auto spool = open();
    fill(*spool, 5);
    auto one = spool->take();
    one->settle_first(4);
    ASSERT_TRUE(spool->settle(*one));
    auto two = spool->take();
    two->settle({true, false, true});
    ASSERT_TRUE(spool->settle(*two));
    spool->take();  // not settled: comes again
    EXPECT_EQ(spool->usage().flows, 14U);
  }
  const auto spool = open();
  EXPECT_EQ(spool->found().flows, 14U);
  const auto two = spool->take();
  EXPECT_EQ(two->lines(), "2.1\n2.3\n");
  EXPECT_EQ(two->number(1), 3U);
  EXPECT_TRUE(two->recovered);
  EXPECT_THAT(ids_left(*spool), ElementsAre(3, 4, 5));
}

TEST_F(SpoolTest, SettledSegmentsGo) {
  auto spool = open();
  fill(*spool, 3);
  while (auto one = spool->take()) {
    one->settle_first(4);
    ASSERT_TRUE(spool->settle(*one));
  }
  spool.reset();
  EXPECT_FALSE(std::filesystem::exists(segment()));
  EXPECT_FALSE(std::filesystem::exists(segment(1, ".done")));
}

// An item made by another program from the layout in spool.h.
TEST_F(SpoolTest, TheLayoutIsAsDocumented) {
  const std::string item = content_of(WEIR_SOURCE_DIR "/fuzz/corpus/spool/item");
  std::filesystem::create_directories(directory_ / "spool");
  std::ofstream(segment(), std::ios::binary) << std::string("weirspl1\0\0\0\0\0\0\0\0\xda\x22\xaa\x8d", 20) << item;
  const auto spool = open();
  const auto one = spool->take();
  ASSERT_TRUE(one);
  EXPECT_EQ(one->id(), 7U);
  EXPECT_EQ(one->lines(), "{\"a\":1}\n{\"a\":2}\n");
}

TEST_F(SpoolTest, ATornTailIsCut) {
  {
    fill(*open(), 3);
  }
  const auto size = std::filesystem::file_size(segment());
  for (std::uint64_t cut = 1; cut < 45; ++cut) {
    std::filesystem::resize_file(segment(), size - cut);
    const auto spool = open();
    EXPECT_THAT(ids_left(*spool), ElementsAre(1, 2)) << cut;
  }
  EXPECT_THAT(warnings_, HasSubstr("torn"));
}

TEST_F(SpoolTest, ATornSettlementIsCutAndTheNextOneHolds) {
  {
    const auto spool = open();
    fill(*spool, 3);
    auto one = spool->take();
    one->settle_first(4);
    ASSERT_TRUE(spool->settle(*one));
  }
  std::ofstream(segment(1, ".done"), std::ios::app | std::ios::binary) << "\x01\x00\x00";
  {
    const auto spool = open();
    auto two = spool->take();
    EXPECT_EQ(two->id(), 2U);
    two->settle_first(4);
    ASSERT_TRUE(spool->settle(*two));
  }
  EXPECT_THAT(ids_left(*open()), ElementsAre(3));
}

TEST_F(SpoolTest, ADamagedItemIsCountedAndPassed) {
  {
    fill(*open(), 3);
  }
  const auto found = scan_segment(segment());
  ASSERT_THAT(found->items, SizeIs(3));
  overwrite(segment(), found->items[1].offset + kSpoolItemHeader + 5);
  const auto spool = open();
  EXPECT_EQ(spool->found().flows, 12U);
  EXPECT_THAT(ids_left(*spool), ElementsAre(1, 3));
  EXPECT_EQ(damaged_, 4U);
}

// Wherever a byte is not what was written, what comes out was written, and what does not is counted: all of it, since
// the spool has another segment behind.
TEST_F(SpoolTest, EveryDamagedByteIsSeenAndItsFlowsCounted) {
  fill_two_segments();
  const std::string good = content_of(segment());
  const std::uint64_t all = 4 * 4;
  for (std::size_t at = 0; at < good.size(); ++at) {
    restore_segments(good);
    overwrite(segment(), at);
    EXPECT_EQ(flows_left_and_damaged(), all) << at;
    EXPECT_EQ(damaged_, at < kSpoolSegmentHeader ? 0U : 4U) << at;
  }
}

TEST_F(SpoolTest, ACutSegmentIsCountedByTheNextOne) {
  fill_two_segments();
  const std::string good = content_of(segment());
  for (std::size_t size = kSpoolSegmentHeader; size < good.size(); ++size) {
    restore_segments(good.substr(0, size));
    EXPECT_EQ(flows_left_and_damaged(), 16U) << size;
    EXPECT_GE(damaged_, 4U) << size;
  }
}

TEST_F(SpoolTest, WhatWasSettledIsNotDamaged) {
  fill_two_segments();
  {
    const auto spool = open();
    auto one = spool->take();
    one->settle_first(4);
    ASSERT_TRUE(spool->settle(*one));
    auto two = spool->take();
    two->settle_first(1);
    ASSERT_TRUE(spool->settle(*two));
  }
  const std::string good = content_of(segment()), done = content_of(segment(1, ".done"));
  const auto found = scan_segment(segment());
  // Both headers, and what comes after the first of them.
  for (const std::uint64_t size : {found->items[0].offset, found->items[1].offset, found->items[2].offset}) {
    restore_segments(good.substr(0, size));
    std::ofstream(segment(1, ".done"), std::ios::binary) << done;
    EXPECT_EQ(flows_left_and_damaged(), 16U - 5U) << size;
  }
  restore_segments(good);
  std::ofstream(segment(1, ".done"), std::ios::binary) << done;
  overwrite(segment(), found->items[0].offset);
  EXPECT_EQ(flows_left_and_damaged(), 16U - 5U);
  EXPECT_EQ(damaged_, 0U);
  // The indices of the others hold.
  restore_segments(good);
  std::ofstream(segment(1, ".done"), std::ios::binary) << done;
  overwrite(segment(), found->items[1].offset);
  EXPECT_EQ(flows_left_and_damaged(), 16U - 5U);
  EXPECT_EQ(damaged_, 3U);
}

TEST_F(SpoolTest, EveryDamagedByteOfSettlementsOnlySendsAgain) {
  fill_two_segments();
  {
    const auto spool = open();
    for (int i = 0; i < 2; ++i) {
      auto one = spool->take();
      one->settle({true, i == 0, true, i == 0});
      ASSERT_TRUE(spool->settle(*one));
    }
  }
  const std::string good = content_of(segment()), done = content_of(segment(1, ".done"));
  for (std::size_t at = 0; at < done.size(); ++at) {
    restore_segments(good);
    std::ofstream(segment(1, ".done"), std::ios::binary) << done;
    overwrite(segment(1, ".done"), at);
    EXPECT_GE(flows_left_and_damaged(), 16U - 6U) << at;
    EXPECT_EQ(damaged_, 0U) << at;
  }
}

TEST_F(SpoolTest, AFileThatWasRemovedInUseIsAnErrorAndNotTheEnd) {
  const auto spool = open();
  fill(*spool, 3);
  std::filesystem::remove(segment());
  const auto synced = spool->sync();
  ASSERT_FALSE(synced);
  EXPECT_THAT(synced.error().message, HasSubstr("removed"));
  Parcel one = parcel(9);
  ASSERT_TRUE(spool->append(one, false));
  EXPECT_THAT(ids_left(*spool), ElementsAre(9));
  EXPECT_EQ(damaged_, 12U);
}

TEST_F(SpoolTest, WithoutItsDirectoryItTakesNothingAndSaysSo) {
  const auto spool = open();
  std::filesystem::remove_all(directory_ / "spool");
  Parcel one = parcel(1);
  const auto appended = spool->append(one, false);
  ASSERT_FALSE(appended);
  EXPECT_THAT(appended.error().message, HasSubstr("spool/0000000001.spool"));
  EXPECT_EQ(spool->usage().flows, 0U);
}

TEST_F(SpoolTest, AParcelLargerThanTheSpoolIsRefused) {
  const auto spool = open(1000);
  std::string noise;
  std::minstd_rand random(7);
  for (int i = 0; i < 5000; ++i) noise += static_cast<char>('!' + random() % 90);
  Parcel one(1, noise + "\n", 1, 1);
  const auto appended = spool->append(one, false);
  ASSERT_FALSE(appended);
  EXPECT_THAT(appended.error().message, HasSubstr("spool-max"));
}

TEST_F(SpoolTest, OneProcessAtATime) {
  const auto spool = open();
  const auto second = Spool::open({directory_ / "spool", 1'000'000}, [](SpoolLoss) {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("in use by process " + std::to_string(::getpid())));
}

TEST_F(SpoolTest, OtherFilesAreLeftAlone) {
  std::filesystem::create_directories(directory_ / "spool");
  for (const char* const name : {"x.spool", "-1.spool", "18446744073709551615.spool", "99999999999999999999999.spool",
                                 "0000000001.done", "notes.txt"}) {
    std::ofstream(directory_ / "spool" / name) << "text";
  }
  fill(*open(), 2);
  EXPECT_THAT(ids_left(*open()), ElementsAre(1, 2));
  EXPECT_EQ(content_of(directory_ / "spool/18446744073709551615.spool"), "text");
}

TEST_F(SpoolTest, TheOldestGoWhenItIsFull) {
  const auto spool = open(1'000'000);
  std::uint64_t id = 0;
  while (full_ == 0) {
    Parcel one = parcel(++id, 100);
    ASSERT_TRUE(spool->append(one, false));
    ASSERT_LE(spool->usage().bytes, 1'000'000U);
    ASSERT_LT(id, 100'000U);
  }
  const auto left = ids_left(*spool);
  EXPECT_EQ(left.size() * 100 + full_, id * 100);
  EXPECT_EQ(left.front(), full_ / 100 + 1);
  EXPECT_EQ(left.back(), id);
}

TEST_F(SpoolTest, TakenItemsAreNotLostWithTheirSegment) {
  const auto spool = open(1'000'000);
  Parcel first = parcel(1, 100);
  ASSERT_TRUE(spool->append(first, true));
  for (std::uint64_t id = 2; spool->holds(first.place); ++id) {
    Parcel one = parcel(id, 100);
    ASSERT_TRUE(spool->append(one, false));
  }
  first.settle_first(100);
  EXPECT_TRUE(spool->settle(first));
}

}  // namespace
}  // namespace weir
