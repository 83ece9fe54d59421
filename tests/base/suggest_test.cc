#include "base/suggest.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(DidYouMeanTest, OffersTheNearestWordOnly) {
  static constexpr std::string_view kWords[] = {"stdout", "file", "rotate-size", "rotate-interval"};
  EXPECT_EQ(did_you_mean("fiel", kWords), "; did you mean 'file'?");
  EXPECT_EQ(did_you_mean("rotate-siz", kWords), "; did you mean 'rotate-size'?");
  EXPECT_EQ(did_you_mean("rotate_intervall", kWords), "; did you mean 'rotate-interval'?");
  EXPECT_EQ(did_you_mean("kafka", kWords), "");
  EXPECT_EQ(did_you_mean("", kWords), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

}  // namespace
}  // namespace weir
