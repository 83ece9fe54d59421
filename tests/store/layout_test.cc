#include "store/layout.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(LayoutTest, DaysAreUtc) {
  EXPECT_EQ(day_folder(0), "1970/01/01");
  EXPECT_EQ(day_folder(day_of(1'795'219'200'000'000'000)), "2026/11/21");
  EXPECT_EQ(day_folder(day_of(1'795'219'199'999'999'999)), "2026/11/20");
  EXPECT_EQ(day_folder(day_of(UINT64_MAX)), "2554/07/21");
  EXPECT_EQ(day_range(day_of(UINT64_MAX)).last, UINT64_MAX);
  EXPECT_EQ(day_range(1), (TimeRange{kDayNs, 2 * kDayNs - 1}));
}

TEST(LayoutTest, NamesAreReadBack) {
  EXPECT_EQ(segment_id(segment_file(20778, 12)), 12u);
  EXPECT_EQ(segment_id("2026/11/21/012.seg"), std::nullopt);
  EXPECT_EQ(segment_id("2026/11/21/12.seg.tmp"), std::nullopt);
  EXPECT_EQ(segment_id("2026/11/2x/12.seg"), std::nullopt);
  EXPECT_EQ(segment_id("12.seg"), std::nullopt);
  EXPECT_EQ(segment_id("2026/11/21/99999999999999999999999.seg"), std::nullopt);
  EXPECT_EQ(number_in("7.wj", kJournalSuffix), 7u);
  EXPECT_EQ(number_in(".wj", kJournalSuffix), std::nullopt);
  EXPECT_EQ(number_in("-7.wj", kJournalSuffix), std::nullopt);
}

}  // namespace
}  // namespace weir
