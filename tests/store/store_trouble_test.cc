// Full disks, failing ones, and damaged files.
#include <sys/mount.h>

#include <fstream>

#include "store/journal.h"
#include "tests/store/store_fixture.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StoreTroubleTest : public StoreTest {
 protected:
  void use_crash_files() { options_.files = files_ = std::make_shared<CrashFiles>(options_.dir); }

  // The numbers of the flows that are in the store: those that were kept, and no other, each once.
  void expect_kept(const StoreStatus& status) {
    const Snapshot all = snapshot();
    EXPECT_THAT(all.damage, IsEmpty());
    const auto numbers = numbers_in(all);
    EXPECT_EQ(numbers.size(), status.flows.out);
    for (const auto& [number, times] : numbers) EXPECT_TRUE(number < next_ && times == 1) << number;
    expect_sound(options_.dir, status.flows.out);
  }

  std::shared_ptr<CrashFiles> files_;
};

TEST_F(StoreTroubleTest, AFullDiskDropsFlowsAndGoesOnByItself) {
  use_crash_files();
  const auto writer = open();
  append(*writer, 1000);
  writer->flush();
  files_->set_room(100);
  append(*writer, 300);
  EXPECT_TRUE(wait_until([&] { return !writer->status().last_error.empty(); }));
  EXPECT_THAT(writer->status().last_error, HasSubstr("No space left"));
  append(*writer, 700);  // has no durable place
  StoreStatus status = writer->status();
  EXPECT_EQ(status.flows.dropped_for(StoreDrop::kDiskFull), 700u);
  EXPECT_EQ(status.flows.held, 300u);
  EXPECT_TRUE(status.flows.balanced());
  expect_first(options_.dir, 1000);

  files_->set_room(UINT64_MAX);
  EXPECT_TRUE(wait_until([&] { return writer->status().flows.out == 1300; }));
  EXPECT_EQ(writer->status().last_error, "");
  append(*writer, 50);
  writer->flush();
  status = writer->status();
  EXPECT_EQ(status.flows.out, 1350u);
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("No space left"), HasSubstr("writing again, after 700 flows lost")));
  expect_kept(status);
}

TEST_F(StoreTroubleTest, FlushOnAFullDiskDropsAndReturns) {
  use_crash_files();
  const auto writer = open();
  append(*writer, 100);
  writer->flush();
  files_->set_room(0);
  append(*writer, 40);
  writer->flush();
  EXPECT_EQ(writer->status().flows.dropped_for(StoreDrop::kDiskFull), 40u);
  EXPECT_EQ(writer->status().flows.held, 0u);
  files_->set_room(UINT64_MAX);
  append(*writer, 5);
  writer->flush();
  ASSERT_TRUE(writer->compact());
  EXPECT_EQ(writer->status().last_error, "");
  expect_kept(writer->status());
}

TEST_F(StoreTroubleTest, SegmentsThatFindNoRoomAreMadeLater) {
  use_crash_files();
  options_.segment_rows = 1000;
  options_.compact = false;
  const auto writer = open();
  append(*writer, 990);
  writer->flush();
  files_->set_room(1'500);  // for a frame of ten rows, not for the segment
  append(*writer, 10);
  EXPECT_TRUE(wait_until([&] { return !warnings().empty(); }));
  EXPECT_FALSE(writer->compact());
  EXPECT_THAT(segments(), IsEmpty());
  files_->set_room(UINT64_MAX);
  EXPECT_TRUE(wait_until([&] { return segments().size() == 1; }));
  EXPECT_TRUE(wait_until([&] { return writer->status().last_error.empty(); }));
  writer->flush();
  expect_kept(writer->status());
}

// Memory is bounded: while segments cannot be made, only so many rows wait for one.
TEST_F(StoreTroubleTest, DropsWhenTooMuchWaitsForSegments) {
  use_crash_files();
  options_.segment_rows = 500;
  const auto writer = open();
  std::ofstream(options_.dir / "1970") << "in the way of the folder";
  std::filesystem::create_directories(options_.dir / "journal");
  for (int i = 0; i < 20; ++i) append(*writer, 500, {.received_ns = 1'000'000'000'000});
  EXPECT_TRUE(wait_until([&] { return writer->status().flows.dropped_total() != 0; }));
  EXPECT_EQ(writer->status().flows.dropped_for(StoreDrop::kWriteError), writer->status().flows.dropped_total());
  EXPECT_THAT(writer->status().last_error, HasSubstr("1970"));
  std::filesystem::remove(options_.dir / "1970");
  EXPECT_TRUE(wait_until([&] { return writer->status().last_error.empty(); }));
  append(*writer, 10);
  ASSERT_TRUE(writer->compact());
  EXPECT_TRUE(writer->status().flows.balanced());
  expect_kept(writer->status());
}

TEST_F(StoreTroubleTest, WhatFsyncRefusesIsWrittenAgainAsASegment) {
  use_crash_files();
  options_.compact = false;
  const auto writer = open();
  append(*writer, 100);
  writer->flush();
  append(*writer, 60);
  files_->fail_sync(true);
  EXPECT_TRUE(wait_until([&] { return !writer->status().last_error.empty(); }));
  EXPECT_EQ(writer->status().flows.out, 100u);
  EXPECT_EQ(writer->status().flows.held, 60u);
  files_->fail_sync(false);
  EXPECT_TRUE(wait_until([&] { return writer->status().flows.out == 160; }));
  EXPECT_TRUE(wait_until([&] { return writer->status().last_error.empty(); }));
  EXPECT_THAT(segments(), SizeIs(1));
  // And these are durable.
  std::mt19937_64 random(7);
  files_->write_survivors(temp_ / "after", random);
  expect_first(temp_ / "after", 160);
}

TEST_F(StoreTroubleTest, ClosingOnADeadDiskAccountsForEverything) {
  use_crash_files();
  const auto writer = open();
  append(*writer, 100);
  writer->flush();
  append(*writer, 60);
  files_->crash_after(0);
  writer->close();
  const StoreStatus status = writer->status();
  EXPECT_EQ(status.flows.out, 100u);
  EXPECT_EQ(status.flows.dropped_total(), 60u);
  EXPECT_TRUE(status.flows.balanced());
}

// Needs root.
TEST_F(StoreTroubleTest, AFullFileSystemDoesNoDamage) {
  const auto mounted = temp_ / "small";
  std::filesystem::create_directories(mounted);
  if (::mount("tmpfs", mounted.c_str(), "tmpfs", 0, "size=8m") != 0) GTEST_SKIP() << "cannot mount a small tmpfs";
  {
    options_.dir = mounted / "store";
    options_.segment_rows = 5000;
    const auto writer = open();
    const auto ballast = mounted / "ballast";
    std::ofstream(ballast) << std::string(6'500'000, 'x');
    for (int i = 0; i < 600 && writer->status().flows.dropped_total() == 0; ++i) append(*writer, 500);
    EXPECT_GT(writer->status().flows.dropped_for(StoreDrop::kDiskFull), 0u);
    EXPECT_THAT(warnings(), Contains(HasSubstr("No space left")));
    EXPECT_THAT(snapshot().damage, IsEmpty());
    std::filesystem::remove(ballast);
    EXPECT_TRUE(wait_until([&] { return writer->status().last_error.empty(); })) << writer->status().last_error;
    append(*writer, 500);
    EXPECT_TRUE(writer->compact());
    EXPECT_TRUE(writer->status().flows.balanced());
    expect_kept(writer->status());
  }
  ::umount(mounted.c_str());
}

// Damage.

void flip_bit(const std::filesystem::path& path, std::uint64_t byte) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(byte));
  const int value = file.get();
  file.seekp(static_cast<std::streamoff>(byte));
  file.put(static_cast<char>(value ^ 8));
}

TEST_F(StoreTroubleTest, AFlippedBitOfASegmentIsFoundAndNeverAnsweredFrom) {
  options_.compact = false;
  {
    const auto writer = open();
    append(*writer, 200);
    ASSERT_TRUE(writer->compact());
  }
  const std::filesystem::path path = only_file(".seg");
  const std::string good = slurp(path);
  for (std::uint64_t byte = 0; byte < good.size(); byte += byte < 200 ? 1 : 37) {
    flip_bit(path, byte);
    const auto report = check_store(options_.dir);
    ASSERT_TRUE(report);
    ASSERT_THAT(report->damage, SizeIs(1)) << "byte " << byte;
    EXPECT_EQ(options_.dir / report->damage[0].file, path);
    flip_bit(path, byte);
  }
  expect_all();
}

TEST_F(StoreTroubleTest, ADamagedSegmentCostsOnlyItself) {
  options_.compact = false;
  options_.segment_rows = 500;
  const auto writer = open();
  append(*writer, 2000);
  EXPECT_TRUE(wait_until([&] { return segments().size() == 4 && journals().empty(); }));
  const SegmentEntry victim = segments()[1];
  // Its end is what is read first.
  std::filesystem::resize_file(options_.dir / victim.file(), victim.size - 1);
  const Snapshot left = snapshot();
  EXPECT_THAT(left.damage, ElementsAre(HasSubstr(victim.file())));
  EXPECT_EQ(numbers_in(left).size(), 1500u);
  ASSERT_TRUE(writer->compact());  // the others are merged
  EXPECT_THAT(warnings(), ElementsAre(AllOf(HasSubstr("a segment is damaged"), HasSubstr(victim.file()))));
  EXPECT_EQ(numbers_in(snapshot()).size(), 1500u);
  EXPECT_THAT(segments(), AllOf(SizeIs(AnyOf(2, 3)), Contains(victim)));
  std::filesystem::remove(options_.dir / victim.file());
  EXPECT_THAT(snapshot().damage, ElementsAre(HasSubstr(victim.file())));
  const auto report = check_store(options_.dir);
  ASSERT_TRUE(report);
  EXPECT_THAT(report->damage, SizeIs(1));
}

TEST_F(StoreTroubleTest, ADamagedFrameOfTheJournalCostsOnlyItself) {
  {
    const auto writer = open();
    for (int i = 0; i < 3; ++i) {
      append(*writer, 10);
      writer->flush();
    }
  }
  const auto file = JournalFile::open(options_.dir, 1);
  flip_bit(options_.dir / journal_file(1), (*file)->read()->frames.at(2).offset - 3);
  EXPECT_THAT(snapshot().damage, ElementsAre(HasSubstr("checksum")));
  EXPECT_EQ(numbers_in(snapshot()).size(), 20u);
  const auto report = check_store(options_.dir);
  ASSERT_TRUE(report);
  EXPECT_THAT(report->damage, SizeIs(1));
  const auto writer = open();
  ASSERT_TRUE(writer->compact());
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("checksum")));
  EXPECT_EQ(numbers_in(snapshot()).size(), 20u);
}

}  // namespace
}  // namespace weir::test
