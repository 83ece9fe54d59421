#include "sinks/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sinks/spool_format.h"
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

  TemporaryDirectory directory_;
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
  EXPECT_EQ(spool->found_flows(), 14U);
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
  std::ofstream(segment(), std::ios::binary) << "weirspl1" << item;
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
  EXPECT_EQ(spool->found_flows(), 12U);
  EXPECT_THAT(ids_left(*spool), ElementsAre(1, 3));
  EXPECT_EQ(damaged_, 4U);
}

TEST_F(SpoolTest, EveryDamagedByteIsSeen) {
  {
    fill(*open(), 2);
  }
  const std::string good = content_of(segment());
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::ofstream(segment(), std::ios::binary) << good;
    std::filesystem::remove(segment(1, ".done"));
    overwrite(segment(), at);
    auto spool = open();
    while (const auto one = spool->take()) EXPECT_EQ(one->lines(), parcel(one->id()).lines()) << at;
    // What was damaged is settled; the rest is as it was.
    spool.reset();
  }
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
