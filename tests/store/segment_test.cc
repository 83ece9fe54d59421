#include "store/segment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "store/segment_writer.h"
#include "tests/store/store_flows.h"

namespace weir {
namespace {

using store_test::Mix;

void expect_same(const std::vector<BatchRef>& put, const Segment& segment) {
  const auto verified = segment.verify();
  EXPECT_TRUE(verified) << verified.error().message;
  const std::vector<std::string> expected = store_test::describe(put);
  const std::vector<std::string> got = store_test::describe(store_test::read_back(segment));
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected[i]) << "row " << i;
}

class SegmentTest : public testing::TestWithParam<std::tuple<Mix, Effort, std::size_t>> {};

TEST_P(SegmentTest, GivesBackTheFlows) {
  const auto [mix, effort, rows] = GetParam();
  const auto flows = store_test::make_flows(rows, mix);
  expect_same(flows, *store_test::segment_of(flows, effort));
}

INSTANTIATE_TEST_SUITE_P(Sizes, SegmentTest,
                         testing::Combine(testing::Values(Mix::kRouter, Mix::kAnything, Mix::kEverything),
                                          testing::Values(Effort::kQuick, Effort::kSmall),
                                          testing::Values(1, 2, 100, kBlockRows, kBlockRows + 1)));

// What gather() and the zone map say agrees with what read() says, for every column.
TEST(SegmentReadTest, GatherAndZonesAgreeWithRead) {
  for (const Mix mix : {Mix::kRouter, Mix::kAnything}) {
    for (const Effort effort : {Effort::kQuick, Effort::kSmall}) {
      const auto segment = store_test::segment_of(store_test::make_flows(kBlockRows + 500, mix), effort);
      Scratch scratch;
      std::vector<std::uint64_t> all(kBlockRows), some(kBlockRows);
      std::vector<std::uint32_t> some_narrow(kBlockRows);
      for (const ColumnInfo& info : kColumns) {
        if (info.kind == ColumnKind::kExtras) continue;
        const auto zones = segment->zones(info.id);
        ASSERT_TRUE(zones);
        ASSERT_EQ(zones->size(), segment->blocks());
        for (unsigned block = 0; block < segment->blocks(); ++block) {
          const std::size_t rows = segment->rows_in(block);
          ASSERT_TRUE(segment->read(info.id, block, scratch, all.data()));
          const auto end = all.begin() + static_cast<std::ptrdiff_t>(rows);
          EXPECT_EQ((*zones)[block].min, *std::min_element(all.begin(), end)) << info.name;
          EXPECT_EQ((*zones)[block].max, *std::max_element(all.begin(), end)) << info.name;
          for (const std::size_t step : {1, 3, 97, 20'000}) {
            std::vector<std::uint16_t> picks;
            for (std::size_t i = step / 2; i < rows; i += step) picks.push_back(static_cast<std::uint16_t>(i));
            ASSERT_TRUE(segment->gather(info.id, block, picks, scratch, some.data()));
            for (std::size_t i = 0; i < picks.size(); ++i) ASSERT_EQ(some[i], all[picks[i]]) << info.name;
            if (info.kind == ColumnKind::kWide) continue;
            ASSERT_TRUE(segment->gather(info.id, block, picks, scratch, some_narrow.data()));
            for (std::size_t i = 0; i < picks.size(); ++i) ASSERT_EQ(some_narrow[i], all[picks[i]]) << info.name;
          }
        }
      }
    }
  }
}

TEST(SegmentMergeTest, IsTheConcatenation) {
  std::vector<std::shared_ptr<const Segment>> inputs;
  std::vector<BatchRef> all;
  std::uint32_t seed = 1;
  for (const auto& [rows, mix] : {std::pair{kBlockRows + 10, Mix::kRouter},
                                  {std::size_t{700}, Mix::kAnything},
                                  {std::size_t{1}, Mix::kEverything},
                                  {std::size_t{9000}, Mix::kRouter}}) {
    const auto flows = store_test::make_flows(rows, mix, ++seed);
    inputs.push_back(store_test::segment_of(flows));
    all.insert(all.end(), flows.begin(), flows.end());
  }
  for (const Effort effort : {Effort::kQuick, Effort::kSmall}) {
    const auto image = merge_segments(inputs, {.id = 9, .effort = effort, .times = {}});
    ASSERT_TRUE(image) << image.error().message;
    const auto merged = store_test::open_image(*image);
    expect_same(all, *merged);
    const auto direct = store_test::segment_of(all);
    EXPECT_EQ(merged->summary().id, 9U);
    EXPECT_EQ(merged->summary().rows, direct->summary().rows);
    EXPECT_EQ(merged->summary().bytes, direct->summary().bytes);
    EXPECT_EQ(merged->summary().times, direct->summary().times);
    ASSERT_EQ(merged->summary().interfaces.size(), direct->summary().interfaces.size());
    EXPECT_EQ((*merged->addresses())->size(), (*direct->addresses())->size());
  }
}

// A time range chooses rows, in encode_segment() and in merge_segments().
TEST(SegmentMergeTest, TakesOnlyRowsWithinTheTimes) {
  const auto flows = store_test::make_flows(kBlockRows + 3000, Mix::kAnything);
  const RowBuffer buffer = store_test::buffer_of(flows);
  const auto whole = store_test::segment_of(flows);
  const std::vector<std::uint64_t> times = store_test::read_all(*whole, kTimeColumn);
  const std::vector<std::string> rows = store_test::describe(flows);
  const TimeRange range{store_test::kStart - 50'000'000, store_test::kStart + 200'000'000};
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (range.contains(times[i])) expected.push_back(rows[i]);
  }
  ASSERT_GT(expected.size(), 100U);
  ASSERT_LT(expected.size(), rows.size() - 100);

  const std::string encoded = encode_segment(buffer, 0, buffer.rows(), {.times = range});
  const auto merged = merge_segments(std::vector{whole}, {.times = range});
  ASSERT_TRUE(merged);
  const auto a = store_test::open_image(encoded), b = store_test::open_image(*merged);
  for (const auto& segment : {a, b}) {
    EXPECT_TRUE(segment->verify());
    EXPECT_EQ(store_test::describe(store_test::read_back(*segment)), expected);
  }
  EXPECT_TRUE(encoded == *merged) << "two ways to the same segment";

  EXPECT_EQ(encode_segment(buffer, 0, buffer.rows(), {.times = {7000, 7001}}), "");
  EXPECT_EQ(*merge_segments(std::vector{whole}, {.times = {7000, 7001}}), "");
}

TEST(SegmentMergeTest, StretchesOfABufferAddUp) {
  const auto flows = store_test::make_flows(5000, Mix::kAnything);
  const RowBuffer buffer = store_test::buffer_of(flows);
  std::vector<std::shared_ptr<const Segment>> frames;
  for (std::size_t first = 0; first < buffer.rows(); first += 700) {
    const std::size_t count = std::min<std::size_t>(700, buffer.rows() - first);
    frames.push_back(store_test::open_image(encode_segment(buffer, first, count, {.times = {}})));
  }
  const auto merged = merge_segments(frames, {.times = {}});
  ASSERT_TRUE(merged);
  expect_same(flows, *store_test::open_image(*merged));
  EXPECT_TRUE(*merged == encode_segment(buffer, 0, buffer.rows(), {.times = {}})) << "two ways to the same segment";
}

// Reading a column of the one gives an error or what the other has.
void expect_error_or_same(const Segment& damaged, const Segment& whole) {
  Scratch scratch;
  std::vector<std::uint64_t> got(whole.rows_in(0)), expected(got);
  for (const ColumnInfo& info : kColumns) {
    if (info.kind == ColumnKind::kExtras) continue;
    ASSERT_TRUE(whole.read(info.id, 0, scratch, expected.data()));
    if (damaged.read(info.id, 0, scratch, got.data())) {
      EXPECT_EQ(got, expected) << info.name;
    }
    if (info.kind != ColumnKind::kBytes) continue;
    const auto texts = damaged.dictionary(info.id);
    const auto expected_texts = whole.dictionary(info.id);
    for (std::uint32_t code = 1; texts && code <= (*expected_texts)->size(); ++code) {
      EXPECT_EQ((*texts)->bytes(code), (*expected_texts)->bytes(code));
    }
  }
  const auto addresses = damaged.addresses();
  const auto expected_addresses = whole.addresses();
  for (std::uint32_t code = 1; addresses && code <= (*expected_addresses)->size(); ++code) {
    EXPECT_EQ((*addresses)->address(code), (*expected_addresses)->address(code));
  }
}

// Whatever bit of a segment is flipped, no answer comes from it.
TEST(SegmentDamageTest, EveryFlippedBitIsFound) {
  for (const Mix mix : {Mix::kRouter, Mix::kEverything}) {
    const auto flows = store_test::make_flows(mix == Mix::kRouter ? 40 : 4, mix);
    const RowBuffer buffer = store_test::buffer_of(flows);
    const std::string good = encode_segment(buffer, 0, buffer.rows(), {.effort = Effort::kSmall, .times = {}});
    const auto whole = store_test::open_image(good);
    ASSERT_TRUE(whole->verify());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string bad = good;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
      const auto segment = Segment::from_image(std::move(bad), "bad");
      if (!segment) continue;
      EXPECT_FALSE((*segment)->verify()) << "bit " << bit;
      if (bit % 11 == 0) expect_error_or_same(**segment, *whole);
    }
  }
}

TEST(SegmentDamageTest, TruncatedImagesAreErrors) {
  const RowBuffer buffer = store_test::buffer_of(store_test::make_flows(20, Mix::kEverything));
  const std::string good = encode_segment(buffer, 0, buffer.rows(), {.times = {}});
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto segment = Segment::from_image(good.substr(0, size), "short.seg");
    ASSERT_FALSE(segment);
    EXPECT_TRUE(segment.error().message.starts_with("short.seg: ")) << segment.error().message;
  }
}

TEST(SegmentFileTest, ReadsFromDiskWhatMemoryHolds) {
  const auto flows = store_test::make_flows(kBlockRows + 100, Mix::kAnything);
  const RowBuffer buffer = store_test::buffer_of(flows);
  const std::string image = encode_segment(buffer, 0, buffer.rows(), {.effort = Effort::kSmall, .times = {}});
  const auto path = std::filesystem::path(testing::TempDir()) / "weir_segment_test.seg";
  std::ofstream(path, std::ios::binary) << image;
  const auto segment = Segment::open(path);
  ASSERT_TRUE(segment) << segment.error().message;
  EXPECT_EQ((*segment)->size_on_disk(), image.size());
  expect_same(flows, **segment);
  std::filesystem::resize_file(path, image.size() - 1);
  const auto cut = Segment::open(path);
  ASSERT_FALSE(cut);
  EXPECT_TRUE(cut.error().message.starts_with(path.string())) << cut.error().message;
  std::filesystem::remove(path);
  EXPECT_FALSE(Segment::open(path));
}

// The fuzzer starts from segments of the format as it is now.
TEST(SegmentFileTest, FuzzerSeedsAreWhole) {
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/fuzz/corpus/segment")) {
    const auto segment = Segment::open(entry.path());
    ASSERT_TRUE(segment) << segment.error().message;
    EXPECT_TRUE((*segment)->verify()) << entry.path();
  }
}

}  // namespace
}  // namespace weir
