// Sampling rates and interface names, from wherever they are announced.
#include "codecs/sampling.h"

#include "codecs/interface_names.h"
#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;

Fields with(F field, const Fields& base = kBase) {
  Fields fields = base;
  fields.insert(fields.begin(), field);
  return fields;
}

class Sampling : public DecoderTest {
 protected:
  const Octets record_ = base_record("10.1.1.1", "10.2.2.2");
  std::vector<std::uint32_t> rates() {
    std::vector<std::uint32_t> all;
    for (const Seen& flow : flows()) all.push_back(flow->sampling_rate);
    return all;
  }
};

TEST_F(Sampling, ByTheSelectorThatTheRecordNames) {
  feed(ipfix(1, 0,
             ipfix_options(300, {{302, 8}}, {{304, 2}, {305, 4}, {306, 4}}) + ipfix_template(256, with({302, 8}))));
  feed(ipfix(1, 0, set(300, Octets().u64(1).u16(1).u32(1).u32(9) + Octets().u64(2).u16(1).u32(1).u32(99))));
  feed(ipfix(1, 2, set(256, Octets().u64(1) + record_ + Octets().u64(2) + record_ + Octets().u64(3) + record_)));
  EXPECT_THAT(rates(), ElementsAre(10, 100, 0));
  EXPECT_FALSE(flows()[2].has(FieldId::sampling_rate));
}

TEST_F(Sampling, BySamplerIdOfNetflowV9) {
  const Fields fields = {{8, 4}, {48, 1}};
  feed(v9(1, 0, v9_options(300, {{1, 4}}, {{48, 2}, {49, 1}, {50, 4}, {84, 8}}) + v9_template(256, fields)));
  feed(v9(1, 1,
          set(300, Octets().u32(0).u16(1).u8(2).u32(5000).text("sampler1") +
                       Octets().u32(0).u16(2).u8(2).u32(30000).text("sampler2"))));
  feed(v9(1, 2, set(256, Octets().ip("10.0.0.1").u8(1).ip("10.0.0.1").u8(2))));
  EXPECT_THAT(rates(), ElementsAre(5000, 30000));
}

TEST_F(Sampling, OneSamplerServesRecordsThatNameNone) {
  feed(v9(1, 0, v9_options(300, {{1, 4}}, {{48, 2}, {50, 4}}) + v9_template(256, {{8, 4}})));
  feed(v9(1, 1, set(300, Octets().u32(0).u16(1).u32(5000)) + set(256, Octets().ip("10.0.0.1"))));
  feed(v9(1, 1, set(300, Octets().u32(0).u16(2).u32(100)) + set(256, Octets().ip("10.0.0.1"))));
  EXPECT_THAT(rates(), ElementsAre(5000, 0)) << "two that disagree serve nobody";
}

TEST_F(Sampling, OfTheWholeExporter) {
  for (const unsigned width : {1U, 2U, 4U, 8U}) {
    feed(v9(width, 0,
            v9_options(300, {{1, 4}}, {{34, static_cast<std::uint16_t>(width)}, {35, 1}}) + v9_template(256, {{8, 4}}) +
                set(300, Octets().u32(0).uint(100, width).u8(1)) + set(256, Octets().ip("10.0.0.1"))));
  }
  EXPECT_THAT(rates(), ElementsAre(100, 100, 100, 100));
  EXPECT_EQ(decoder_.exporters()[0].sampling_rate, 100U);
}

TEST_F(Sampling, ByInterface) {
  feed(ipfix(1, 0, ipfix_options(300, {{10, 4}}, {{34, 4}, {35, 1}}) + ipfix_template(256, with({10, 4}))));
  feed(ipfix(1, 0, set(300, Octets().u32(1).u32(10).u8(1))));
  feed(ipfix(1, 1, set(300, Octets().u32(2).u32(100).u8(1))));
  feed(ipfix(1, 2, set(256, Octets().u32(1) + record_ + Octets().u32(2) + record_ + Octets().u32(3) + record_)));
  EXPECT_THAT(rates(), ElementsAre(10, 100, 0));
}

TEST_F(Sampling, ByInterfaceScopeOfNetflowV9AndDirection) {
  feed(v9(1, 0,
          v9_options(300, {{2, 4}}, {{34, 4}}) + v9_template(256, {{8, 4}, {10, 2}, {14, 2}, {61, 1}}) +
              set(300, Octets().u32(1).u32(10).u32(2).u32(100))));
  feed(v9(1, 1, set(256, Octets().ip("10.0.0.1").u16(1).u16(2).u8(0).ip("10.0.0.1").u16(1).u16(2).u8(1))));
  EXPECT_THAT(rates(), ElementsAre(10, 100));
}

TEST_F(Sampling, ByTemplate) {
  feed(ipfix(1, 0,
             ipfix_options(300, {{149, 4}, {145, 2}}, {{304, 2}, {305, 4}, {306, 4}}) + ipfix_template(256, kBase) +
                 ipfix_template(257, kBase) + set(300, Octets().u32(1).u16(257).u16(1).u32(1).u32(999))));
  feed(ipfix(1, 1, set(256, record_) + set(257, record_)));
  EXPECT_THAT(rates(), ElementsAre(0, 1000));
}

TEST_F(Sampling, InTheRecordItself) {
  feed(ipfix(1, 0, ipfix_template(256, with({34, 2})) + set(256, Octets().u16(2048) + record_)));
  feed(ipfix(1, 1, ipfix_template(257, with({305, 4}, with({306, 4}))) + set(257, Octets().u32(1).u32(511) + record_)));
  EXPECT_THAT(rates(), ElementsAre(2048, 512));
}

TEST_F(Sampling, EnterpriseElementIsNone) {
  feed(ipfix(1, 0,
             ipfix_options(300, {{149, 4}}, {{34, 4, 4242}}) + ipfix_template(256, kBase) +
                 set(300, Octets().u32(1).u32(777))));
  feed(ipfix(1, 1, set(256, record_)));
  feed(ipfix(1, 2, ipfix_template(257, with({34, 4, 4242})) + set(257, Octets().u32(778) + record_)));
  EXPECT_THAT(rates(), ElementsAre(0, 0));
}

TEST_F(Sampling, BehindAFieldOfVariableLength) {
  feed(ipfix(1, 0,
             ipfix_options(300, {{302, 8}}, {{82, 65535}, {304, 2}, {305, 4}, {306, 4}}) +
                 ipfix_template(256, with({302, 8}))));
  feed(ipfix(1, 0, set(300, Octets().u64(1).u8(4).text("eth0").u16(1).u32(1).u32(9))));
  feed(ipfix(1, 1, set(256, Octets().u64(1) + record_)));
  EXPECT_THAT(rates(), ElementsAre(10));
}

TEST_F(Sampling, TwoOptionsTemplatesInOneSet) {
  const Octets one = ipfix_options(299, {{143, 4}}, {{41, 8}});
  const Octets two = ipfix_options(300, {{302, 8}}, {{304, 2}, {305, 4}, {306, 4}});
  Octets both;
  for (const Octets* part : {&one, &two}) {
    for (std::size_t i = 4; i < part->size(); ++i) both.u8(part->bytes()[i]);
  }
  feed(ipfix(1, 0, set(3, both) + ipfix_template(256, with({302, 8}))));
  feed(ipfix(1, 0, set(300, Octets().u64(1).u16(1).u32(1).u32(9))));
  feed(ipfix(1, 1, set(256, Octets().u64(1) + record_)));
  EXPECT_THAT(rates(), ElementsAre(10));
}

std::uint32_t rate_of(std::initializer_list<std::pair<std::uint16_t, std::uint64_t>> elements) {
  SamplingValues values;
  for (const auto& [id, value] : elements) values.take({0, id, 8}, Octets().u64(value).bytes());
  return values.rate();
}

TEST(SamplingValues, FormsOfRfc5477) {
  EXPECT_EQ(rate_of({{305, 1}, {306, 0}}), 1U);
  EXPECT_EQ(rate_of({{305, 2}, {306, 198}}), 100U);
  EXPECT_EQ(rate_of({{305, 2}, {306, 1}}), 2U) << "to the nearest integer, halves up";
  EXPECT_EQ(rate_of({{307, 10}, {308, 990}}), 100U);
  EXPECT_EQ(rate_of({{309, 1}, {310, 500}}), 500U);
  EXPECT_EQ(rate_of({{311, 0x3f847ae147ae147b}}), 100U);  // 0.01
  EXPECT_EQ(rate_of({{311, 0x7ff8000000000000}}), 0U);    // NaN
  EXPECT_EQ(rate_of({{305, 0}, {306, 9}}), 0U);
  EXPECT_EQ(rate_of({{305, ~0ULL}, {306, ~0ULL}}), 2U);
  EXPECT_EQ(rate_of({{34, ~0ULL}}), 0xffffffffU);
  EXPECT_EQ(rate_of({}), 0U);
}

class Names : public DecoderTest {};

TEST_F(Names, OfInterfaces) {
  feed(v9(1, 0,
          v9_options(300, {{1, 4}}, {{10, 4}, {83, 8}}) + v9_options(301, {{2, 4}}, {{82, 8}, {83, 8}}) +
              v9_template(256, {{8, 4}, {10, 2}, {14, 2}})));
  feed(v9(1, 1,
          set(300, Octets().u32(0).u32(1).text("Gi0/1").zeros(3)) +
              set(301, Octets().u32(2).text("Te0/2   ").text("descr").zeros(3))));
  feed(v9(1, 2, set(256, Octets().ip("10.0.0.1").u16(1).u16(2).ip("10.0.0.1").u16(3).u16(1))));
  const auto seen = flows();
  EXPECT_EQ(seen[0].batch->text(seen[0].flow->in_if_name), "Gi0/1");
  EXPECT_EQ(seen[0].batch->text(seen[0].flow->out_if_name), "Te0/2");
  EXPECT_FALSE(seen[1].has(FieldId::in_if_name));
  EXPECT_EQ(seen[1].batch->text(seen[1].flow->out_if_name), "Gi0/1");
}

TEST_F(Names, OfTheExporter) {
  feed(ipfix(1, 0,
             ipfix_options(300, {{149, 4}}, {{300, 65535}}) + ipfix_template(256, kBase) +
                 set(300, Octets().u32(1).u8(7).text("border1"))));
  feed(ipfix(1, 1, set(256, base_record("10.1.1.1", "10.2.2.2"))));
  const Seen flow = flows().at(0);
  EXPECT_EQ(flow.batch->text(flow.batch->origin(*flow.flow).host), "border1");
  EXPECT_EQ(decoder_.exporters()[0].name, "border1");
}

TEST_F(Names, AreCleanUtf8) {
  EXPECT_EQ(clean_text(Octets()
                           .text("a\x01"
                                 "b\xff"
                                 "c\xc3\xa9  ")
                           .zeros(2)
                           .text("x")
                           .bytes()),
            "a?b?c\xc3\xa9");
  EXPECT_EQ(clean_text(Octets().text("\xed\xa0\x80").bytes()), "???") << "surrogates are no characters";
  EXPECT_EQ(clean_text(Octets()
                           .text("\xc2\x9b"
                                 "31m\xc2\x80|\xc2\xa0")
                           .bytes()),
            "?31m?|\xc2\xa0")
      << "C1 controls";
  EXPECT_EQ(clean_text(Octets()
                           .text("\xe2\x80\xae"
                                 "a\xe2\x81\xa6"
                                 "b\xe2\x81\xaa\xe2\x80\x94")
                           .bytes()),
            "?a?b\xe2\x81\xaa\xe2\x80\x94");
  EXPECT_EQ(clean_text(Octets().text(std::string(300, 'a')).bytes()).size(), 255U);
  EXPECT_EQ(clean_text({}), "");
}

}  // namespace
}  // namespace weir::test
