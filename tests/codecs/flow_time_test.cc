// Clocks.
#include "codecs/flow_time.h"

#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

constexpr std::uint64_t kNtp = 2'208'988'800;
constexpr MessageClock kClock = {kExportTime * kSecond, 0, false, 0};

TEST(FlowTime, AbsoluteForms) {
  EXPECT_EQ(flow_time_ns(TimeForm::kSeconds, 1'700'000'123, kClock), 1'700'000'123 * kSecond);
  EXPECT_EQ(flow_time_ns(TimeForm::kMilliseconds, 1'700'000'123'456, kClock), 1'700'000'123'456'000'000U);
  for (const TimeForm form :
       {TimeForm::kSeconds, TimeForm::kMilliseconds, TimeForm::kMicroseconds, TimeForm::kNanoseconds}) {
    EXPECT_EQ(flow_time_ns(form, 0, kClock), 0U) << "absent rather than 1970";
  }
  EXPECT_EQ(flow_time_ns(TimeForm::kSeconds, ~0ULL, kClock), 0U) << "no time at all";
}

// The fraction is cut when it is made; every millisecond must survive.
TEST(FlowTime, NtpFractionsAreExactToTheMillisecond) {
  for (std::uint64_t ms = 0; ms < 1000; ++ms) {
    const std::uint64_t ntp = (kExportTime + kNtp) << 32 | (ms << 32) / 1000;
    const std::uint64_t expected = kExportTime * kSecond + ms * 1'000'000;
    EXPECT_EQ(flow_time_ns(TimeForm::kMicroseconds, ntp, kClock), expected);
    EXPECT_EQ(flow_time_ns(TimeForm::kNanoseconds, ntp, kClock), expected);
  }
}

TEST(FlowTime, NtpFractionsKeepTheirPrecision) {
  const std::uint64_t ntp = (kExportTime + kNtp) << 32 | ((123'456'789ULL << 32) / 1'000'000'000);
  EXPECT_EQ(flow_time_ns(TimeForm::kNanoseconds, ntp, kClock), kExportTime * kSecond + 123'456'789);
  EXPECT_EQ(flow_time_ns(TimeForm::kMicroseconds, ntp, kClock), kExportTime * kSecond + 123'457'000);
}

TEST(FlowTime, OtherThingsThatVendorsPutThere) {
  EXPECT_EQ(flow_time_ns(TimeForm::kMicroseconds, 1'700'000'000'123'456, kClock), 1'700'000'000'123'456'000U);
  EXPECT_EQ(flow_time_ns(TimeForm::kNanoseconds, 1'700'000'000'123'456'789, kClock), 1'700'000'000'123'456'789U);
  EXPECT_EQ(flow_time_ns(TimeForm::kMicroseconds, std::uint64_t{kExportTime} << 32 | 1U << 31, kClock),
            kExportTime * kSecond + kSecond / 2);
}

TEST(FlowTime, NtpEraAfter2036) {
  const MessageClock later = {2'200'000'000 * kSecond, 0, false, 0};
  const std::uint64_t seconds = (2'200'000'000 - 5 + kNtp) & 0xffffffff;
  EXPECT_EQ(flow_time_ns(TimeForm::kMicroseconds, seconds << 32, later), (2'200'000'000 - 5) * kSecond);
}

TEST(FlowTime, DeltaMicrosecondsCountBackFromTheExportTime) {
  EXPECT_EQ(flow_time_ns(TimeForm::kDeltaMicros, 1'500'000, kClock), kExportTime * kSecond - 1'500'000'000);
  EXPECT_EQ(flow_time_ns(TimeForm::kDeltaMicros, ~0ULL, kClock), kClock.export_ns) << "no sense in it";
}

TEST(FlowTime, UptimeBeforeAnUnsetClockIsUnknown) {
  const MessageClock unset{.export_ns = 0, .uptime_ms = 60'000, .has_uptime = true};
  EXPECT_EQ(flow_time_ns(TimeForm::kSysUptime, 1'000, unset), 0U);
  EXPECT_EQ(flow_time_ns(TimeForm::kSysUptime, 61'000, unset), 1'000'000'000U);
}

TEST(FlowTime, UptimeWithoutABootTimeIsUnknown) {
  EXPECT_EQ(flow_time_ns(TimeForm::kSysUptime, 5000, kClock), 0U);
  EXPECT_EQ(flow_time_ns(TimeForm::kSysUptime, 5000, {kClock.export_ns, 0, false, 77 * kSecond}), 82 * kSecond);
}

class RecordTimes : public DecoderTest {};

TEST_F(RecordTimes, BestElementOfTheRecordWins) {
  const std::uint64_t ms = kExportTime * 1000ULL;
  feed(ipfix(1, 0,
             ipfix_template(256, {{22, 4}, {150, 4}, {152, 8}, {151, 4}, {153, 8}}) +
                 set(256, Octets().u32(1).u32(kExportTime - 9).u64(ms - 8765).u32(kExportTime - 1).u64(0))));
  EXPECT_EQ(flows()[0]->time_flow_start_ns, (ms - 8765) * 1'000'000);
  EXPECT_EQ(flows()[0]->time_flow_end_ns, (kExportTime - 1) * kSecond) << "a zero is no time";
}

TEST_F(RecordTimes, UptimeInIpfixNeedsTheBootTime) {
  const std::uint64_t boot_ms = (kExportTime - 1000) * 1000ULL;
  feed(ipfix(1, 0, ipfix_template(256, {{22, 4}, {21, 4}}) + set(256, Octets().u32(990'000).u32(999'000))));
  EXPECT_FALSE(flows()[0].has(FieldId::time_flow_start_ns));
  EXPECT_EQ(flows()[0].extras(0, 22).size(), 1U) << "not thrown away";
  feed(ipfix(1, 1, ipfix_template(257, {{22, 4}, {160, 8}}) + set(257, Octets().u32(990'000).u64(boot_ms))));
  EXPECT_EQ(flows()[1]->time_flow_start_ns, (kExportTime - 10) * kSecond);
  feed(ipfix(1, 2,
             ipfix_options(300, {{149, 4}}, {{160, 8}}) + set(300, Octets().u32(1).u64(boot_ms)) +
                 set(256, Octets().u32(990'000).u32(999'000))));
  EXPECT_EQ(flows()[2]->time_flow_start_ns, (kExportTime - 10) * kSecond);
  EXPECT_EQ(flows()[2]->time_flow_end_ns, (kExportTime - 1) * kSecond);
  EXPECT_TRUE(flows()[2].extras(0, 22).empty());
  feed(ipfix(1, 4, set(257, Octets().u32(990'000).u64(0))));
  EXPECT_EQ(flows()[3]->time_flow_start_ns, (kExportTime - 10) * kSecond) << "a record's boot time of zero is none";
}

}  // namespace
}  // namespace weir::test
