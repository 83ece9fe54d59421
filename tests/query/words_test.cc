// Numbers with units, flags as letters, widths of text on a terminal.
#include "query/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/tcp_flags.h"
#include "query/text_width.h"
#include "query/units.h"

namespace weir {
namespace {

TEST(Units, Magnitudes) {
  EXPECT_EQ(parse_magnitude("0"), 0U);
  EXPECT_EQ(parse_magnitude("1k"), 1000U);
  EXPECT_EQ(parse_magnitude("1K"), 1000U);
  EXPECT_EQ(parse_magnitude("1KiB"), 1024U);
  EXPECT_EQ(parse_magnitude("1.25M"), 1'250'000U);
  EXPECT_EQ(parse_magnitude("0.5Ki"), 512U);
  EXPECT_EQ(parse_magnitude("1.500"), std::nullopt);
  EXPECT_EQ(parse_magnitude("1.0"), 1U);
  EXPECT_EQ(parse_magnitude("16777216T"), 16'777'216'000'000'000'000U);
  EXPECT_EQ(parse_magnitude("0xFF"), 255U);
  for (const char* text : {"", "k", "1.", ".5k", "1.0001k", "1kB", "1x", "1 k", "-1", "+1", "0x", "0xg", "18446745T",
                           "18446744073709551616"}) {
    EXPECT_EQ(parse_magnitude(text), std::nullopt) << text;
  }
}

TEST(Units, Durations) {
  EXPECT_EQ(parse_timespan("1d"), 86'400'000'000'000U);
  EXPECT_EQ(parse_timespan("1m30s"), 90'000'000'000U);
  EXPECT_EQ(parse_timespan("1m:30s"), 90'000'000'000U);
  EXPECT_EQ(parse_timespan("5ms"), 5'000'000U);
  EXPECT_EQ(parse_timespan("7us3ns"), 7'003U);
  for (const char* text : {"", "5", "s", "1s1m", "1s1s", "1s:", ":1s", "1.5s", "1w", "99999999999d"}) {
    EXPECT_EQ(parse_timespan(text), std::nullopt) << text;
  }
}

TEST(TcpFlags, LettersBothWays) {
  for (std::uint64_t flags = 0; flags < 512; ++flags) EXPECT_EQ(parse_tcp_flags(tcp_flags_text(flags)), flags);
  EXPECT_EQ(tcp_flags_text(0x12), "SA");
  EXPECT_EQ(tcp_flags_text(0x200), "0x200");
  EXPECT_EQ(parse_tcp_flags("AA"), std::nullopt);
}

TEST(TextWidth, CountsColumns) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("für"), 3U);
  EXPECT_EQ(display_width("東京"), 4U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);
  EXPECT_EQ(display_width("\xff\xfe"), 2U);
  EXPECT_EQ(display_width("\xe6\x9d"), 2U);
}

TEST(Words, InQuotesFitsATerminal) {
  EXPECT_EQ(in_quotes("a\x1b[2Jb"), "'a?[2Jb'");
  EXPECT_EQ(in_quotes("\xc2\x9b[2J\xc2\xa0\xc2"), "'??[2J\xc2\xa0\xc2'") << "U+009B begins a command, too";
  const std::string most(59, 'x');
  EXPECT_EQ(in_quotes(most + "xyz"), "'" + most + "x…'");
  EXPECT_EQ(in_quotes(most + "üüü"), "'" + most + "…'");
}

}  // namespace
}  // namespace weir
