#include "store/store_writer.h"

#include <unistd.h>

#include <fstream>

#include "base/clock.h"
#include "store/journal.h"
#include "tests/store/store_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StoreWriterTest : public StoreTest {};

constexpr std::uint64_t kNoon = day_range(20000).first + kDayNs / 2;

TEST_F(StoreWriterTest, MakesAnEmptyStore) {
  const auto writer = open();
  EXPECT_TRUE(snapshot().segments.empty());
  EXPECT_EQ(writer->status().flows, Account<StoreDrop>{});
  EXPECT_THAT(journals(), IsEmpty());
}

TEST_F(StoreWriterTest, FlushedFlowsAreInTheJournal) {
  const auto writer = open();
  append(*writer, 2500);
  writer->flush();
  const StoreStatus status = writer->status();
  EXPECT_EQ(status.flows.in, 2500u);
  EXPECT_EQ(status.flows.out, 2500u);
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_EQ(status.segments, 0u);
  EXPECT_EQ(status.last_error, "");
  EXPECT_THAT(journals(), SizeIs(1));
  EXPECT_EQ(status.bytes_on_disk, std::filesystem::file_size(options_.dir / journal_file(1)));
  expect_all();
}

TEST_F(StoreWriterTest, ReadersSeeFlowsWithoutAFlushAndTheyBecomeDurable) {
  const auto writer = open();
  for (int i = 0; i < 3; ++i) {
    append(*writer, 10);
    EXPECT_TRUE(wait_until([&] { return numbers_in(snapshot()).size() == next_; }));
    EXPECT_TRUE(wait_until([&] { return writer->status().flows.out == next_; }));
  }
  EXPECT_TRUE(writer->status().flows.balanced());
}

TEST_F(StoreWriterTest, CompactMakesSegmentsAndRetiresTheJournal) {
  options_.segment_rows = 1000;
  const auto writer = open();
  append(*writer, 9500, {.received_ns = kNoon, .step_ns = 1000});
  ASSERT_TRUE(writer->compact());
  EXPECT_THAT(journals(), IsEmpty());
  ASSERT_THAT(segments(), SizeIs(1));
  const SegmentEntry entry = segments()[0];
  EXPECT_EQ(entry.rows, 9500u);
  EXPECT_EQ(entry.times, (TimeRange{kNoon, kNoon + 9499 * 1000}));
  EXPECT_EQ(entry.size, std::filesystem::file_size(options_.dir / entry.file()));
  EXPECT_EQ(writer->status().bytes_on_disk, entry.size);
  expect_all();
  // Everything is in its end state: another call changes nothing.
  const std::uint64_t generation = manifest().generation;
  ASSERT_TRUE(writer->compact());
  EXPECT_EQ(manifest().generation, generation);
}

TEST_F(StoreWriterTest, FirstSegmentsAreMadeInTheBackground) {
  options_.segment_rows = 1000;
  options_.compact = false;
  const auto writer = open();
  append(*writer, 5000);
  EXPECT_TRUE(wait_until([&] { return segments().size() == 5; }));
  EXPECT_TRUE(wait_until([&] { return journals().empty(); }));
  EXPECT_EQ(writer->status().flows.out, 5000u);
  expect_all();
}

TEST_F(StoreWriterTest, AJournalBecomesASegmentWithAge) {
  options_.segment_age = std::chrono::seconds(1);
  options_.compact = false;
  const auto writer = open();
  append(*writer, 10);
  EXPECT_TRUE(wait_until([&] { return segments().size() == 1; }));
  expect_all();
}

TEST_F(StoreWriterTest, SmallSegmentsAreMergedInTheBackground) {
  options_.segment_rows = 1000;
  const auto writer = open();
  append(*writer, 16'000);
  EXPECT_TRUE(wait_until([&] { return segments().size() < 16 && journals().empty(); }));
  writer->close();  // or it merges under the check's hands, which then counts fewer rows
  expect_all();
}

TEST_F(StoreWriterTest, MergedSegmentsStayBelowTheirBound) {
  options_.segment_rows = 1000;
  options_.merged_rows = 4000;
  const auto writer = open();
  append(*writer, 20'000);
  ASSERT_TRUE(writer->compact());
  EXPECT_LE(segments().size(), 8u);
  for (const SegmentEntry& entry : segments()) EXPECT_LE(entry.rows, 4000u);
  expect_all();
}

TEST_F(StoreWriterTest, ASegmentHoldsOneUtcDay) {
  const auto writer = open();
  // Ten flows a day, over three days.
  append(*writer, 30, {.received_ns = day_range(20000).first, .step_ns = kDayNs / 10});
  ASSERT_TRUE(writer->compact());
  ASSERT_THAT(segments(), SizeIs(3));
  for (const SegmentEntry& entry : segments()) {
    EXPECT_EQ(entry.rows, 10u);
    EXPECT_TRUE(day_range(entry.day()).contains(entry.times));
  }
  expect_all();
  EXPECT_THAT(snapshot(day_range(20001)).segments, SizeIs(1));
  EXPECT_EQ(snapshot(day_range(20001)).pruned, 2u);
  EXPECT_THAT(snapshot(day_range(19000)).segments, IsEmpty());
}

TEST_F(StoreWriterTest, TimesFarFromTheReceiptAreClamped) {
  const auto writer = open();
  const std::uint64_t midnight = day_range(20001).first;
  std::vector<BatchRef> batches;
  BatchWriter flows(BatchPool::create(), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  Origin origin{};
  origin.time_received_ns = midnight + 10;
  flows.set_origin(origin);
  // Late within the hour: the day before. Two hours late, two hours ahead, at the epoch: the day of receipt.
  for (const std::uint64_t end : {midnight - 1800 * kNsPerSecond, midnight - 7200 * kNsPerSecond,
                                  midnight + 7200 * kNsPerSecond, std::uint64_t{1}}) {
    Flow& flow = *flows.add();
    flow.time_flow_end_ns = end;
    flow.mark(FieldId::time_flow_end_ns);
  }
  flows.flush();
  for (const BatchRef& batch : batches) writer->append(*batch);
  EXPECT_EQ(writer->status().clamped, 3u);
  ASSERT_TRUE(writer->compact());
  EXPECT_EQ(writer->status().clamped, 3u);
  std::map<std::uint64_t, std::uint32_t> rows;
  for (const SegmentEntry& entry : segments()) rows[entry.day()] += entry.rows;
  EXPECT_THAT(rows, ElementsAre(testing::Pair(20000, 1), testing::Pair(20001, 3)));
}

TEST_F(StoreWriterTest, TheNextWriterTakesOverTheJournal) {
  for (int i = 0; i < 4; ++i) {
    const auto writer = open();
    append(*writer, 700);
    if (i != 2) writer->flush();
    writer->close();
    expect_all();
  }
  const auto writer = open();
  ASSERT_TRUE(writer->compact());
  EXPECT_THAT(journals(), IsEmpty());
  EXPECT_EQ(segments().size(), 1u);
  EXPECT_EQ(writer->status().flows, Account<StoreDrop>{});  // of what this writer was given
  append(*writer, 10);
  writer->close();
  expect_all();
}

TEST_F(StoreWriterTest, ManySmallFramesBecomeFew) {
  const auto writer = open();
  for (int i = 0; i < 300; ++i) {
    append(*writer, 3);
    writer->flush();
  }
  expect_all();
  EXPECT_LE(snapshot().segments.size(), 2 * 16u + 1);
  writer->close();
  const auto next = open();
  ASSERT_TRUE(next->compact());
  expect_all();
}

TEST_F(StoreWriterTest, ASecondWriterIsRefused) {
  const auto writer = open();
  const auto second = StoreWriter::open(options_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message,
              HasSubstr("is being written by another process (process " + std::to_string(::getpid()) + ")"));
  writer->close();
  EXPECT_TRUE(StoreWriter::open(options_));
}

TEST_F(StoreWriterTest, SegmentsSayWhichJournalsTheyHold) {
  options_.compact = false;
  options_.segment_rows = 1000;
  const auto writer = open();
  append(*writer, 2000, {.received_ns = kNoon});
  EXPECT_TRUE(wait_until([&] { return segments().size() == 2; }));
  std::uint64_t journal = 0;
  for (const auto& segment : snapshot().segments) {
    ++journal;
    EXPECT_EQ(segment->summary().journal_first, journal);
    EXPECT_EQ(segment->summary().journal_last, journal);
  }
}

TEST_F(StoreWriterTest, RefusesWhatIsNoStore) {
  std::ofstream(temp_ / "file") << "x";
  options_.dir = temp_ / "file";
  EXPECT_THAT(StoreWriter::open(options_).error().message, HasSubstr("is no directory"));
  std::filesystem::create_directories(temp_ / "home");
  std::ofstream(temp_ / "home" / "letter.txt") << "dear";
  options_.dir = temp_ / "home";
  EXPECT_THAT(StoreWriter::open(options_).error().message, HasSubstr("is not a store and not empty"));
  EXPECT_FALSE(std::filesystem::exists(temp_ / "home" / "LOCK"));
  EXPECT_THAT(open_snapshot(temp_ / "home").error().message, HasSubstr("is not a store"));
  EXPECT_THAT(open_snapshot(temp_ / "nowhere").error().message, HasSubstr("there is no directory"));
}

TEST_F(StoreWriterTest, ALostOrDamagedManifestStopsIt) {
  {
    const auto writer = open();
    append(*writer, 10);
    ASSERT_TRUE(writer->compact());
  }
  const std::filesystem::path manifest = options_.dir / "MANIFEST";
  const std::string content = slurp(manifest);
  std::filesystem::remove(manifest);
  EXPECT_THAT(StoreWriter::open(options_).error().message, HasSubstr("has lost its MANIFEST"));
  std::string bad = content;
  bad[20] ^= 1;
  std::ofstream(manifest, std::ios::binary) << bad;
  EXPECT_THAT(StoreWriter::open(options_).error().message, HasSubstr("MANIFEST: its checksum is wrong"));
  EXPECT_THAT(open_snapshot(options_.dir).error().message, HasSubstr("MANIFEST: its checksum is wrong"));
  std::ofstream(manifest, std::ios::binary) << content;
  expect_all();
}

TEST_F(StoreWriterTest, RemovesWhatACrashLeftAndNothingElse) {
  {
    const auto writer = open();
    append(*writer, 10, {.received_ns = kNoon});
    ASSERT_TRUE(writer->compact());
  }
  const std::filesystem::path day = options_.dir / day_folder(20000);
  for (const char* name : {"99.seg", "100.seg.tmp"}) std::ofstream(day / name) << "x";
  std::ofstream(options_.dir / "journal" / "0.wj") << "x";
  std::ofstream(options_.dir / "MANIFEST.tmp") << "x";
  std::ofstream(options_.dir / "notes.txt") << "mine";
  const auto report = check_store(options_.dir);
  ASSERT_TRUE(report);
  EXPECT_THAT(report->notes, SizeIs(5));
  EXPECT_THAT(report->damage, IsEmpty());
  open();
  EXPECT_FALSE(std::filesystem::exists(day / "99.seg"));
  EXPECT_FALSE(std::filesystem::exists(day / "100.seg.tmp"));
  EXPECT_FALSE(std::filesystem::exists(options_.dir / "journal" / "0.wj"));
  EXPECT_FALSE(std::filesystem::exists(options_.dir / "MANIFEST.tmp"));
  EXPECT_TRUE(std::filesystem::exists(options_.dir / "notes.txt"));
  expect_all();
}

TEST_F(StoreWriterTest, RemembersExportersThatMeterBothSides) {
  const auto writer = open();
  std::vector<BatchRef> batches;
  BatchWriter flows(BatchPool::create(), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  const auto add = [&](std::uint32_t exporter, std::uint8_t direction) {
    Origin origin{};
    origin.time_received_ns = kNoon;
    origin.sampler_address = IpAddress::v4(exporter).bytes;
    origin.sampler_address_family = Family::kV4;
    flows.set_origin(origin);
    Flow& flow = *flows.add();
    flow.flow_direction = direction;
    flow.mark(FieldId::flow_direction);
    flows.flush();
    for (const BatchRef& batch : batches) writer->append(*batch);
    batches.clear();
  };
  add(2, 0);
  add(1, 0);
  ASSERT_TRUE(writer->compact());
  EXPECT_THAT(snapshot().both_sides, IsEmpty());
  add(2, 1);
  writer->flush();  // one side in a segment, the other in the journal
  EXPECT_THAT(snapshot().both_sides, ElementsAre(IpAddress::v4(2)));
  EXPECT_THAT(snapshot({0, 1}).both_sides, ElementsAre(IpAddress::v4(2)));
  ASSERT_TRUE(writer->compact());
  EXPECT_THAT(snapshot().both_sides, ElementsAre(IpAddress::v4(2)));
}

TEST_F(StoreWriterTest, AJournalTornAtAnyByteLosesItsLastFrameOnly) {
  {
    const auto writer = open();
    append(*writer, 5);
    writer->flush();
    append(*writer, 2);
    writer->flush();
  }
  const std::filesystem::path journal = options_.dir / journal_file(1);
  const std::string whole = slurp(journal);
  const auto file = JournalFile::open(options_.dir, 1);
  const std::uint64_t last = (*file)->read()->frames.at(1).offset;
  for (std::uint64_t size = last; size < whole.size(); ++size) {
    std::filesystem::resize_file(journal, size);
    const Snapshot torn = snapshot();
    EXPECT_THAT(torn.damage, IsEmpty());
    ASSERT_EQ(wrong_numbers(numbers_in(torn), 5), "") << size;
    if (size % 97 == last % 97) {
      const TempDir copy;
      std::filesystem::copy(options_.dir, copy / "store", std::filesystem::copy_options::recursive);
      StoreOptions options = options_;
      options.dir = copy / "store";
      auto writer = StoreWriter::open(options);
      ASSERT_TRUE(writer);
      ASSERT_TRUE((*writer)->compact());
      expect_first(options.dir, 5);
    }
    std::ofstream(journal, std::ios::binary) << whole;
  }
  EXPECT_THAT(warnings(), IsEmpty());
}

}  // namespace
}  // namespace weir::test
