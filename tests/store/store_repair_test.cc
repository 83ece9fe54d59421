#include <fstream>

#include "base/clock.h"
#include "store/journal.h"
#include "store/repair.h"
#include "tests/store/store_fixture.h"

namespace weir::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StoreRepairTest : public StoreTest {
 protected:
  // Whatever was there is there, once, before and after the next writer.
  void lose_and_repair() {
    std::filesystem::remove(options_.dir / "MANIFEST");
    const auto report = repair_store(options_.dir);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->needed);
    EXPECT_EQ(wrong_numbers(numbers_in(snapshot()), next_), "");
    const auto writer = open();
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->compact());
    writer->close();
    expect_all();
    EXPECT_THAT(check_store(options_.dir)->notes, IsEmpty());
  }

  // The files that `work` removes come back: as if a crash had come before they went.
  template <typename Work>
  void with_leftovers(Work work) {
    const auto before = temp_ / "before";
    std::filesystem::copy(options_.dir, before, std::filesystem::copy_options::recursive);
    work();
    for (const auto& file : list_files(before)) {
      if (!std::filesystem::exists(options_.dir / file)) std::filesystem::copy(before / file, options_.dir / file);
    }
  }
};

TEST_F(StoreRepairTest, LeavesASoundStoreAlone) {
  const auto writer = open();
  append(*writer, 10);
  EXPECT_THAT(repair_store(options_.dir).error().message, HasSubstr("a writer is at work"));
  writer->close();
  const auto report = repair_store(options_.dir);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->needed);
  EXPECT_FALSE(repair_store(temp_ / "nowhere"));
}

TEST_F(StoreRepairTest, FindsSegmentsAndJournals) {
  options_.segment_rows = 500;
  {
    const auto writer = open();
    append(*writer, 3000, {.received_ns = day_range(20000).first - 1'000'000, .step_ns = 1000});
    ASSERT_TRUE(writer->compact());
    append(*writer, 1200);
  }
  lose_and_repair();
}

TEST_F(StoreRepairTest, ADamagedManifestIsReplacedAndANewerOneIsNot) {
  {
    const auto writer = open();
    append(*writer, 100);
  }
  std::string manifest = slurp(options_.dir / "MANIFEST");
  manifest[8] = 2;
  std::ofstream(options_.dir / "MANIFEST", std::ios::binary) << manifest;
  EXPECT_THAT(repair_store(options_.dir).error().message, HasSubstr("newer"));
  manifest[8] = 1;
  manifest[30] ^= 1;
  std::ofstream(options_.dir / "MANIFEST", std::ios::binary) << manifest;
  ASSERT_TRUE(repair_store(options_.dir));
  expect_all();
}

TEST_F(StoreRepairTest, NothingIsDoubledWhenMergedSegmentsWereLeft) {
  options_.compact = false;
  options_.segment_rows = 500;
  const auto fill = [&] {
    const auto writer = open();
    append(*writer, 4000, {.received_ns = wall_time_ns() - 3 * kDayNs});
    EXPECT_TRUE(wait_until([&] { return segments().size() == 8 && journals().empty(); }));
  };
  fill();
  with_leftovers([&] { ASSERT_TRUE(open()->compact()); });
  EXPECT_GT(list_files(options_.dir).size(), 8u);
  // All that it was made of is there: that counts.
  lose_and_repair();
}

TEST_F(StoreRepairTest, NothingIsDoubledWhenSomeOfWhatWasMergedIsLeft) {
  options_.compact = false;
  options_.segment_rows = 500;
  {
    const auto writer = open();
    append(*writer, 4000);
    EXPECT_TRUE(wait_until([&] { return segments().size() == 8 && journals().empty(); }));
  }
  const std::string first = segments().front().file();
  with_leftovers([&] { ASSERT_TRUE(open()->compact()); });
  std::filesystem::remove(options_.dir / first);
  lose_and_repair();
}

TEST_F(StoreRepairTest, NothingIsDoubledWhenJournalsWereLeft) {
  {
    const auto writer = open();
    // Over midnight: one journal, two segments.
    append(*writer, 400, {.received_ns = day_range(20000).first - 200'000, .step_ns = 1000});
  }
  with_leftovers([&] { ASSERT_TRUE(open()->compact()); });
  ASSERT_THAT(journals(), SizeIs(1));
  lose_and_repair();
}

TEST_F(StoreRepairTest, DamagedSegmentsAreSetAside) {
  options_.compact = false;
  options_.segment_rows = 500;
  {
    const auto writer = open();
    append(*writer, 1000);
    EXPECT_TRUE(wait_until([&] { return segments().size() == 2 && journals().empty(); }));
  }
  const std::string victim = segments().front().file();
  std::filesystem::resize_file(options_.dir / victim, 100);
  std::filesystem::remove(options_.dir / "MANIFEST");
  const auto report = repair_store(options_.dir);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->segments, 1u);
  EXPECT_THAT(report->notes, Contains(HasSubstr(victim)));
  open();
  EXPECT_TRUE(std::filesystem::exists((options_.dir / victim).string() + ".damaged"));
  EXPECT_EQ(numbers_in(snapshot()).size(), 500u);
}

}  // namespace
}  // namespace weir::test
