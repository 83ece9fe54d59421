// Tables: alignment by what a terminal shows, and what gives way in a narrow one.
#include "query/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::ElementsAre;

TEST(Table, RightAlignedTwoBlanksApart) {
  EXPECT_THAT(table_lines({{2, false, {"a", "bbb"}}, {2, false, {"cc", "d", "e"}}}, 0),
              ElementsAre("    a  cc", "  bbb   d", "        e"));
}

TEST(Table, AlignsByColumnsNotBytes) {
  EXPECT_THAT(table_lines({{0, false, {"東京", "für", "x"}}, {1, false, {"1", "2", "3"}}}, 0),
              ElementsAre("東京 1", " für 2", "   x 3"));
}

TEST(Table, TakesFromTheWidestThatMayBeShortened) {
  const std::vector<TableColumn> columns = {{4, true, {"aaaaaaaaaaaaaaaaaaaa"}},
                                            {2, true, {"bbbbbbbbbbbbbbbbbb"}},
                                            {2, false, {"123456789012345678901234567890"}}};
  EXPECT_THAT(table_lines(columns, 60), ElementsAre("aaaaaa…aaaaaa  bbbbbb…bbbbbb  123456789012345678901234567890"));
}

}  // namespace
}  // namespace weir
