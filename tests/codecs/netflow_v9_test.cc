// NetFlow v9 where it differs from IPFIX.
#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;

const Fields kFields = {{8, 4}, {12, 4}, {1, 4}, {2, 4}, {22, 4}, {21, 4}};

Octets record(std::uint32_t first, std::uint32_t last, std::string_view src = "10.0.0.1") {
  return Octets().ip(src).ip("10.0.0.2").u32(1000).u32(10).u32(first).u32(last);
}

class NetflowV9 : public DecoderTest {};

TEST_F(NetflowV9, TimesAreExactToTheMillisecond) {
  feed(v9(1, 0, v9_template(256, kFields) + set(256, record(990'123, 999'999))));
  EXPECT_EQ(flows()[0]->time_flow_start_ns, kExportTime * kSecond - 9'877'000'000);
  EXPECT_EQ(flows()[0]->time_flow_end_ns, kExportTime * kSecond - 1'000'000);
}

TEST_F(NetflowV9, SysUptimeWraps) {
  feed(v9(1, 0, v9_template(256, kFields) + set(256, record(0xffffff00, 100) + record(300, 300)), 256));
  EXPECT_EQ(flows()[0]->time_flow_start_ns, kExportTime * kSecond - 512'000'000);
  EXPECT_EQ(flows()[0]->time_flow_end_ns, kExportTime * kSecond - 156'000'000);
  EXPECT_EQ(flows()[1]->time_flow_end_ns, kExportTime * kSecond + 44'000'000) << "stamped after the header";
}

TEST_F(NetflowV9, CountInTheHeaderIsNotTrusted) {
  feed(v9(1, 0, v9_template(256, kFields) + set(256, record(1, 2) + record(1, 2)), 1'000'000, 1));
  feed(v9(1, 1, set(256, record(1, 2) + record(1, 2)), 1'000'000, 40));
  EXPECT_EQ(flows().size(), 4U);
  EXPECT_EQ(stats().records_missing, 38U);
  EXPECT_EQ(stats().sets.dropped_total(), 0U);
}

TEST_F(NetflowV9, ZerosBehindTheLastSetAreFilling) {
  for (const std::size_t zeros : {1U, 2U, 3U, 4U, 1220U, 1368U}) {
    feed(v9(1, 0, v9_template(256, kFields) + set(256, record(1, 2)) + Octets().zeros(zeros)));
  }
  EXPECT_EQ(flows().size(), 6U);
  EXPECT_EQ(stats().sets.dropped_total(), 0U);
}

TEST_F(NetflowV9, FieldIdsAboveTheEnterpriseBitAreKept) {
  feed(v9(1, 0, v9_template(256, {{8, 4}, {33002, 2}, {40001, 2}}) + set(256, Octets().ip("10.0.0.1").u16(7).u16(8))));
  ASSERT_EQ(flows().size(), 1U);
  EXPECT_THAT(flows()[0].extras(0, 33002), ElementsAre(std::string("\0\x07", 2)));
  EXPECT_THAT(flows()[0].extras(0, 40001), ElementsAre(std::string("\0\x08", 2)));
}

TEST_F(NetflowV9, LengthOf65535IsVariable) {
  feed(v9(1, 0,
          v9_template(256, {{8, 4}, {82, 65535}, {12, 4}}) +
              set(256, Octets().ip("10.0.0.1").u8(4).text("eth0").ip("10.0.0.2"))));
  EXPECT_EQ(flows().at(0).dst(), "10.0.0.2");
  EXPECT_THAT(flows()[0].extras(0, 82), ElementsAre("eth0"));
}

TEST_F(NetflowV9, OptionsRecordsAreNoFlows) {
  feed(v9(1, 0, v9_options(257, {{1, 4}}, {{41, 4}, {42, 4}}) + set(257, Octets().u32(0).u32(1).u32(2))));
  feed(v9(1, 1, v9_options(258, {}, {{41, 4}}) + set(258, Octets().u32(0))));        // no scope at all
  feed(v9(1, 2, v9_options(259, {{1, 0}}, {{41, 4}}) + set(259, Octets().u32(0))));  // a scope of length zero
  EXPECT_TRUE(flows().empty());
  EXPECT_EQ(stats().options_records, 3U);
}

TEST_F(NetflowV9, TemplateWithoutFieldsIsBad) {
  feed(v9(1, 0, v9_template(256, {}) + v9_template(257, kFields)));
  EXPECT_EQ(dropped(SetDrop::kBadTemplate), 1U);
  EXPECT_EQ(decoder_.templates().size(), 1U);
}

TEST_F(NetflowV9, SetBeyondTheDatagramCostsOnlyItself) {
  Octets message = v9(1, 0, v9_template(256, kFields) + set(256, record(1, 2)) + set(256, record(1, 2)));
  message.resize(message.size() - 3);
  feed(message);
  EXPECT_EQ(flows().size(), 1U);
  EXPECT_EQ(dropped(SetDrop::kMalformed), 1U);
}

TEST_F(NetflowV9, CutAnywhereNeverOverreads) {
  const Octets whole = v9(1, 0,
                          v9_template(256, kFields) + v9_options(257, {{1, 4}}, {{34, 4}}) + set(256, record(1, 2)) +
                              set(257, Octets().u32(0).u32(100)));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::vector<std::uint8_t> cut(whole.bytes().begin(),
                                        whole.bytes().begin() + static_cast<std::ptrdiff_t>(length));
    Decoder fresh;
    fresh.decode(session(), cut, now_, writer_);
    EXPECT_TRUE(fresh.totals().sets.balanced());
    EXPECT_EQ(fresh.messages().dropped_total(), length < 20 ? 1U : 0U);
  }
}

}  // namespace
}  // namespace weir::test
