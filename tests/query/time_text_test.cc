// Points in time in all their forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "query/request.h"

namespace weir {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kNow = 1'790'000'000 * kSecond;  // 2026-09-21
constexpr std::uint64_t kDay = 86'400 * kSecond;

// 2026-01-02 15:04 UTC and the five seconds of the examples.
constexpr std::uint64_t kMinute = 1'767'366'240 * kSecond;
constexpr std::uint64_t kExact = kMinute + 5 * kSecond;

class TimeText : public testing::Test {
 protected:
  // Berlin: an hour east of UTC in winter, two in summer.
  TimeText() { set_zone("CET-1CEST,M3.5.0,M10.5.0/3"); }
  ~TimeText() override { set_zone("UTC"); }
  static void set_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

std::uint64_t time_of(std::string_view text) {
  const auto ns = parse_time(text, kNow);
  EXPECT_TRUE(ns) << text << ": " << (ns ? "" : ns.error().message);
  return ns.value_or(0);
}

TEST_F(TimeText, RelativeToNow) {
  EXPECT_EQ(time_of("now"), kNow);
  EXPECT_EQ(time_of("-1d"), kNow - kDay);
  EXPECT_EQ(time_of("-24h"), kNow - kDay);
  EXPECT_EQ(time_of("-5m"), kNow - 300 * kSecond);
  EXPECT_EQ(time_of("-30s"), kNow - 30 * kSecond);
  const std::uint64_t far = kNow - 15 * kDay - (4 * 3600 + 5 * 60) * kSecond;
  EXPECT_EQ(time_of("-15d:04h:05m"), far);
  EXPECT_EQ(time_of("-15d4h5m"), far);
  EXPECT_EQ(time_of("-15D4H5M"), far);
  EXPECT_EQ(time_of("-5d:2h"), kNow - 5 * kDay - 7200 * kSecond);
}

TEST_F(TimeText, UnixSeconds) {
  EXPECT_EQ(time_of("1767366245"), kExact);
  EXPECT_EQ(time_of("0"), 0U);
  EXPECT_EQ(time_of("1767366245123456789"), kExact + 123456789);
}

TEST_F(TimeText, WithZone) {
  for (const char* text :
       {"2026-01-02T15:04:05Z", "2026-01-02T16:04:05+01:00", "2026-01-02T15:04:05.000Z", "2026-01-02t15:04:05z",
        "Mon Jan 02 15:04:05 +0000 2026", "Mon Jan 02 08:04:05 -0700 2026", "Fri, 02 Jan 2026 08:04:05 -0700",
        "02 Jan 26 08:04:05 -0700", "2026-01-02 08:04:05 -0700", "26-01-02 08:04:05 -0700", "02-01-2026 08:04:05 -0700",
        "02-01-26 08:04:05 -0700", "02.01.2026 08:04:05 -0700", "2.1.26 08:04:05 -0700", "2.1.2026 15:04:05 UTC"}) {
    EXPECT_EQ(time_of(text), kExact) << text;
  }
  for (const char* text :
       {"2026-01-02T15:04Z", "Mon Jan 02 08:04 -0700 2026", "02 Jan 26 08:04 -0700", "Fri, 02 Jan 2026 08:04 -0700",
        "2026-01-02 08:04 -0700", "26-01-02 08:04 -0700", "02-01-2026 08:04 -0700", "02-01-26 08:04 -0700",
        "02.01.2026 08:04 -0700", "2.1.26 08:04 -0700"}) {
    EXPECT_EQ(time_of(text), kMinute) << text;
  }
}

TEST_F(TimeText, AWindowEndsWithAllOfItsLastSecond) {
  const auto last_of = [](const char* text) { return parse_last_time(text, 1'700'000'000'123'456'789).value(); };
  EXPECT_EQ(last_of("1767366245"), 1767366245'999'999'999u);
  EXPECT_EQ(last_of("2026-01-02T15:04Z"), 1767366240'999'999'999u);
  EXPECT_EQ(last_of("1767366245123456789"), 1767366245'123'456'789u);
  EXPECT_EQ(last_of("now"), 1'700'000'000'123'456'789u);
  EXPECT_FALSE(parse_last_time("yesterday-ish", 0));
}

TEST_F(TimeText, LocalWhereNoZoneIsGiven) {
  for (const char* text :
       {"Mon Jan  2 16:04:05 2026", "Mon Jan 2 16:04:05 2026", "02 Jan 26 16:04:05", "Fri, 02 Jan 2026 16:04:05",
        "2026-01-02 16:04:05", "2026-01-02T16:04:05", "26-01-02 16:04:05", "02-01-2026 16:04:05", "02-01-26 16:04:05",
        "02.01.2026 16:04:05", "2.1.26 16:04:05", "  2026-01-02   16:04:05 "}) {
    EXPECT_EQ(time_of(text), kExact) << text;
  }
  EXPECT_EQ(time_of("2026-01-02 16:04"), kMinute);
  EXPECT_EQ(time_of("2026-01-02"), kMinute - (15 * 3600 + 4 * 60) * kSecond - 3600 * kSecond);
}

TEST_F(TimeText, SummerTime) {
  EXPECT_EQ(time_of("2026-07-01 12:00"), time_of("2026-07-01 10:00 +0000"));
  EXPECT_EQ(time_of("2026-12-01 12:00"), time_of("2026-12-01 11:00 +0000"));
  // Around both changes of the clock.
  EXPECT_EQ(time_of("2026-03-29 01:59:59") + kSecond, time_of("2026-03-29 03:00:00"));
  EXPECT_EQ(time_of("2026-10-25 03:00:00") - time_of("2026-10-25 01:59:59"), 7201 * kSecond);
}

TEST_F(TimeText, ThreeShortNumbers) {
  EXPECT_EQ(time_of("25-01-26 12:00 UTC"), time_of("2025-01-26 12:00 UTC"));
  EXPECT_EQ(time_of("03-02-25 12:00 UTC"), time_of("2025-02-03 12:00 UTC"));
  EXPECT_EQ(time_of("31-12-25 12:00 UTC"), time_of("2025-12-31 12:00 UTC"));
  EXPECT_EQ(time_of("25-12-31 12:00 UTC"), time_of("2025-12-31 12:00 UTC"));
}

TEST_F(TimeText, LeapDays) {
  EXPECT_EQ(time_of("2024-02-29 00:00 UTC") + kDay, time_of("2024-03-01 00:00 UTC"));
  EXPECT_FALSE(parse_time("2026-02-29 00:00", kNow));
  EXPECT_FALSE(parse_time("2100-02-29 00:00", kNow));
}

TEST_F(TimeText, Refusals) {
  for (const char* text : {"",
                           "yesterday",
                           "-",
                           "-1",
                           "-1x",
                           "-1h1d",
                           "-1d:",
                           "2026-13-01 00:00",
                           "2026-00-10 00:00",
                           "2026-01-32 00:00",
                           "2026-01-02 24:00",
                           "2026-01-02 12:60",
                           "2026-01-02 12:00:60",
                           "2026-01-02 12",
                           "2026-01-02 12:00 +25:00",
                           "2026-01-02 12:00 12:00",
                           "2026-01-02 12:00 MST",
                           "2026.01.02 12:00",
                           "2026-01-2026 12:00",
                           "2026-1 12:00",
                           "Jan 2026",
                           "Mon Jan 2 15:04:05",
                           "Foo Jan 2 15:04:05 2026",
                           "02 Foo 26 15:04",
                           "-99999d",
                           "1969-12-31 12:00",
                           "99999999999999",
                           "2600-01-01 00:00",
                           "1e9",
                           "12:00",
                           "99999999999999999999999"}) {
    EXPECT_FALSE(parse_time(text, kNow)) << text;
  }
  EXPECT_THAT(parse_time("yesterday", kNow).error().message, HasSubstr("'yesterday' is not a time; times are"));
}

TEST(TimeResolution, MultiplesOfFiveMinutes) {
  EXPECT_EQ(*parse_time_resolution("5m"), 300 * kSecond);
  EXPECT_EQ(*parse_time_resolution("1h"), 3600 * kSecond);
  EXPECT_EQ(*parse_time_resolution("1h30m"), 5400 * kSecond);
  EXPECT_EQ(*parse_time_resolution("1d"), kDay);
  EXPECT_EQ(*parse_time_resolution("auto"), kAutoResolution);
  for (const char* text : {"", "0m", "0", "1m", "7m", "5", "-5m", "5ms", "Auto2"}) {
    EXPECT_FALSE(parse_time_resolution(text)) << text;
  }
}

}  // namespace
}  // namespace weir
