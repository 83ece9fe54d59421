// The picture of `weir top`: what it shows of given answers, at any size, and what keys do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/top/view.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kTop = R"({"by":"flows","now":1700000000,"window_s":12,"rows":[
  {"src_addr":"10.0.0.1","dst_addr":"192.0.2.77","src_port":443,"dst_port":51000,"proto":"TCP",
   "bits_per_s":[8000,16000,24000],"packets_per_s":[1,2,3],"bytes":123456},
  {"src_addr":"2001:db8::1","dst_addr":"2001:db8::2","src_port":0,"dst_port":0,"proto":"IPv6-ICMP",
   "bits_per_s":[9000,1000,500],"packets_per_s":[10,20,30],"bytes":99}],
  "total":{"bits_per_s":[17000,32000,24500],"packets_per_s":[11,22,33]},"dropped":7})";
constexpr std::string_view kLive = R"({"now":3,"first":1,"protocols":[
  {"name":"TCP","bits":[0,4000,8000],"packets":[0,1,2],"flows":[0,1,1]},
  {"name":"UDP","bits":[0,0,0],"packets":[0,0,0],"flows":[0,0,0]}]})";

class TopView : public testing::Test {
 protected:
  std::vector<std::string> draw(unsigned width = 80, unsigned height = 24) {
    return draw_top({"collector", top_, live_, name_}, choices_, {width, height, colour_, utf8_});
  }
  std::string all(unsigned width = 80, unsigned height = 24) {
    std::string text;
    for (const std::string& line : draw(width, height)) text += line + "\n";
    return text;
  }

  TopAnswer top_ = read_top_answer(kTop).value();
  LiveAnswer live_ = read_live_answer(kLive).value();
  std::function<std::optional<std::string>(const std::string&)> name_;
  TopChoices choices_;
  bool colour_ = false, utf8_ = false;
};

TEST_F(TopView, ReadsAnswers) {
  EXPECT_EQ(top_.window_s, 12U);
  EXPECT_EQ(top_.dropped, 7U);
  ASSERT_EQ(top_.rows.size(), 2U);
  EXPECT_EQ(top_.rows[0].dst_port, 51000);
  EXPECT_THAT(top_.rows[1].rates.packets_per_s, testing::ElementsAre(10, 20, 30));
  EXPECT_THAT(top_.total.bits_per_s, testing::ElementsAre(17000, 32000, 24500));
  ASSERT_EQ(live_.protocols.size(), 2U);
  EXPECT_THAT(live_.protocols[0].bits, testing::ElementsAre(0, 4000, 8000));
  EXPECT_FALSE(read_top_answer("{\"rows\":[")) << "cut";
  EXPECT_FALSE(read_live_answer("no"));
}

TEST_F(TopView, RowsInOrderOfTheColumn) {
  std::vector<std::string> lines = draw();
  EXPECT_THAT(lines[0], AllOf(StartsWith("weir top collector, flows"), HasSubstr("bits/s  2s 17.0k  10s 32.0k")));
  EXPECT_THAT(lines[1], AllOf(StartsWith("TCP"), HasSubstr("8.00k 100%")));
  EXPECT_THAT(lines[2], StartsWith("SOURCE"));
  EXPECT_THAT(lines[3], AllOf(StartsWith("10.0.0.1:443"), HasSubstr("192.0.2.77:51000"),
                              HasSubstr("  8.00k  16.0k  24.0k   123k")));
  EXPECT_THAT(lines[4], StartsWith("2001:db8::1 "));
  press(choices_, 's');
  press(choices_, 's');
  press(choices_, 's');  // 40s, total, 2s
  lines = draw();
  EXPECT_THAT(lines[3], StartsWith("2001:db8::1 "));
  press(choices_, 'k');
  EXPECT_THAT(draw()[4], HasSubstr("      1      2      3"));
  press(choices_, 'b');
  EXPECT_THAT(draw()[4], HasSubstr("  1.00k  2.00k  3.00k"));
  press(choices_, 'b');
  EXPECT_THAT(draw()[0], HasSubstr("bits/s"));
}

TEST_F(TopView, FitsAnySize) {
  for (const bool help : {false, true}) {
    choices_.help = help;
    for (unsigned width = 1; width < 200; width += 3) {
      for (const unsigned height : {1U, 2U, 3U, 9U, 10U, 16U, 60U}) {
        const std::vector<std::string> lines = draw(width, height);
        ASSERT_EQ(lines.size(), height);
        ASSERT_THAT(lines, Each(testing::SizeIs(testing::Le(width)))) << width << "x" << height;
      }
    }
  }
}

TEST_F(TopView, NoControlCharactersFromTheNetwork) {
  choices_.names = true;
  name_ = [](const std::string&) { return std::string("evil\x1b[2J\r\n\x9b") + "31m\xc3\xa4"; };
  const std::string text = all(200);
  EXPECT_THAT(text, HasSubstr("evil?[2J???31m??"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(TopView, ColourOnlyWhereItIsWanted) {
  EXPECT_THAT(all(), Not(HasSubstr("\x1b")));
  colour_ = true;
  EXPECT_THAT(all(), HasSubstr("\x1b[48;5;24;97m10.0.0.1:443"));
}

TEST_F(TopView, Filters) {
  for (const char* filter : {"192.0.2.77", "192.0.2.0/24", "51000", "tcp", "10.0.0."}) {
    choices_.filter = filter;
    EXPECT_THAT(all(), AllOf(HasSubstr("10.0.0.1:443"), Not(HasSubstr("2001:db8::1 ")))) << filter;
  }
  for (const char* filter : {"2001:DB8::/32", "icmp"}) {
    choices_.filter = filter;
    EXPECT_THAT(all(), AllOf(Not(HasSubstr("10.0.0.1:443")), HasSubstr("2001:db8::1 "))) << filter;
  }
  choices_.filter = "nothing";
  EXPECT_THAT(all(), HasSubstr("no row has what the filter asks for"));
}

TEST_F(TopView, TypingAFilter) {
  for (const char c : std::string_view("/qh")) press(choices_, c);
  EXPECT_THAT(all(), HasSubstr("Filter: qh_"));
  press(choices_, key::kBackspace);
  press(choices_, 1);  // no character
  press(choices_, key::kEnter);
  EXPECT_EQ(choices_.filter, "q");
  EXPECT_EQ(choices_.by, "flows");
  EXPECT_FALSE(choices_.quit);
  press(choices_, key::kEscape);
  EXPECT_EQ(choices_.filter, "");
  press(choices_, 'q');
  EXPECT_TRUE(choices_.quit);
}

TEST_F(TopView, TellsWhatWasLeftOutAndThatNothingCame) {
  EXPECT_THAT(all(), HasSubstr("7 small ones left out"));
  top_.rows.clear();
  EXPECT_THAT(all(), HasSubstr("no traffic yet"));
}

TEST(TopCounts, FiveCharacters) {
  EXPECT_EQ(short_count(0), "0");
  EXPECT_EQ(short_count(999), "999");
  EXPECT_EQ(short_count(1000), "1.00k");
  EXPECT_EQ(short_count(9'995), "10.0k");
  EXPECT_EQ(short_count(99'999), "100k");
  EXPECT_EQ(short_count(999'499), "999k");
  EXPECT_EQ(short_count(999'500), "1.00M");
  EXPECT_EQ(short_count(~std::uint64_t{0}), "18.4E");
}

}  // namespace
}  // namespace weir
