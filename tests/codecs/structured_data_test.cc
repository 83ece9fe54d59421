// Structured data (RFC 6313) and packet sections inside records.
#include "codecs/structured_data.h"

#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StructuredData : public DecoderTest {
 protected:
  // The list as the only varied field of a record; its rendering.
  std::string render(std::uint16_t element, const Octets& list, const Octets& sets = {}) {
    feed(ipfix(1, 0,
               sets + ipfix_template(256, {{8, 4}, {element, 65535}}) +
                   set(256, Octets().ip("10.0.0.1").u8(255).u16(list.size()) + list)));
    const auto all = flows();
    if (all.empty()) return "no flow";
    std::string text;
    all.back().batch->for_each_extra(*all.back().flow, [&](const Extra& extra, Bytes value) {
      EXPECT_EQ(extra.element, element);
      text = (extra.flags & kExtraRendered) != 0 ? std::string(as_text(value)) : "raw";
    });
    return text;
  }
};

TEST_F(StructuredData, BasicList) {
  EXPECT_EQ(render(291, Octets().u8(3).u16(10).u16(4).u32(7).u32(8)),
            R"({"semantic":"allOf","ingressInterface":[7,8]})");
  EXPECT_EQ(render(291, Octets().u8(4).u16(82).u16(65535).u8(2).text("e\"").u8(0)),
            R"({"semantic":"ordered","interfaceName":["e\"",""]})");
  EXPECT_EQ(render(291, Octets().u8(255).u16(0x8001).u16(2).u32(4242).u16(0xbeef)),
            R"({"semantic":"undefined","e4242_1":["beef"]})");
}

TEST_F(StructuredData, SubTemplateList) {
  const Octets inner = ipfix_template(400, {{8, 4}, {56, 6}, {210, 1}, {276, 1}, {82, 65535}});
  const Octets list = Octets().u8(0).u16(400).ip("10.0.0.9").uint(0x010203040506, 6).u8(0).u8(1).u8(1).text("x");
  EXPECT_EQ(render(292, list, inner),
            R"({"semantic":"noneOf","records":[{"sourceIPv4Address":"10.0.0.9","sourceMacAddress":"01:02:03:04:05:06",)"
            R"("dataRecordsReliability":true,"interfaceName":"x"}]})");
}

TEST_F(StructuredData, RepeatedElementsHaveNamesOfTheirOwn) {
  const Octets inner = ipfix_template(400, {{7, 2}, {7, 2}, {9, 1, 4242}, {9, 1, 4242}, {7, 2}});
  const Octets list = Octets().u8(3).u16(400).u16(1).u16(2).u8(3).u8(4).u16(5);
  EXPECT_EQ(render(292, list, inner),
            R"({"semantic":"allOf","records":[{"sourceTransportPort":1,"sourceTransportPort_2":2,"e4242_9":"03",)"
            R"("e4242_9_2":"04","sourceTransportPort_3":5}]})");
}

TEST_F(StructuredData, SubTemplateMultiList) {
  const Octets inner = ipfix_template(400, {{1, 4}}) + ipfix_template(401, {{27, 16}});
  const Octets list = Octets().u8(3).u16(400).u16(12).u32(1).u32(2).u16(401).u16(20).ip("2001:db8::1");
  EXPECT_EQ(
      render(293, list, inner),
      R"({"semantic":"allOf","records":[{"octetDeltaCount":1},{"octetDeltaCount":2},{"sourceIPv6Address":"2001:db8::1"}]})");
}

TEST_F(StructuredData, ListsInLists) {
  const Octets inner = Octets().u8(3).u16(4).u16(1).u8(6);
  EXPECT_EQ(render(291, Octets().u8(3).u16(291).u16(65535).u8(inner.size()) + inner),
            R"({"semantic":"allOf","basicList":[{"semantic":"allOf","protocolIdentifier":[6]}]})");
}

TEST_F(StructuredData, WhatCannotBeRenderedStaysRaw) {
  EXPECT_EQ(render(291, Octets().u8(3).u16(10)), "raw");
  EXPECT_EQ(render(291, Octets().u8(3).u16(10).u16(0).zeros(5)), "raw");
  EXPECT_EQ(render(291, Octets().u8(3).u16(10).u16(4).u32(7).u8(8)), "raw");
  EXPECT_EQ(render(292, Octets().u8(3).u16(999).u32(7)), "raw") << "its template is not there";
  EXPECT_EQ(render(293, Octets().u8(3).u16(400).u16(3)), "raw");
  EXPECT_EQ(render(293, Octets().u8(3).u16(400).u16(100)), "raw");
  EXPECT_EQ(flows().size(), 6U) << "the record stands";
}

TEST_F(StructuredData, DepthAndSizeAreBounded) {
  Octets nested = Octets().u8(3).u16(4).u16(1).u8(6);
  for (int i = 0; i < 20; ++i) {
    nested = Octets().u8(3).u16(291).u16(65535).u8(255).u16(nested.size()) + nested;
  }
  EXPECT_EQ(render(291, nested), "raw");
  EXPECT_EQ(render(291, Octets().u8(3).u16(4).u16(1).zeros(60'000)), "raw");
}

TEST_F(StructuredData, TemplateThatRefersToItself) {
  const Octets inner = ipfix_template(400, {{292, 65535}});
  Octets list = Octets().u8(3).u16(400);
  for (int i = 0; i < 20; ++i) list = Octets().u8(3).u16(400).u8(255).u16(list.size()) + list;
  EXPECT_EQ(render(292, list, inner), "raw");
}

Octets ipv4_udp() {
  return Octets().u8(0x45).u8(0x10).u16(100).u16(77).u16(0x4000).u8(63).u8(17).u16(0).ip("10.7.7.7").ip("10.8.8.8") +
         Octets().u16(5353).u16(53).u16(80).u16(0);
}

class Sections : public DecoderTest {
 protected:
  Seen section(std::uint16_t element, const Octets& bytes) {
    feed(ipfix(1, 0,
               ipfix_template(256, {{10, 4}, {element, 65535}}) +
                   set(256, Octets().u32(3).u8(255).u16(bytes.size()) + bytes)));
    return flows().back();
  }
  static void expect_udp(const Seen& flow) {
    EXPECT_EQ(flow.src(), "10.7.7.7");
    EXPECT_EQ(flow.dst(), "10.8.8.8");
    EXPECT_EQ(flow->src_port, 5353);
    EXPECT_EQ(flow->dst_port, 53);
    EXPECT_EQ(flow->proto, 17);
    EXPECT_EQ(flow->etype, 0x0800);
    EXPECT_EQ(flow->bytes, 100U) << "IP octets by the header";
    EXPECT_EQ(flow->packets, 1U);
    EXPECT_EQ(flow->ip_ttl, 63);
    EXPECT_EQ(flow->ip_tos, 0x10);
    EXPECT_EQ(flow.cold().fragment_id, 77U);
    EXPECT_EQ(flow->in_if, 3U);
  }
};

TEST_F(Sections, FillTheFieldsOfTheRecord) {
  expect_udp(section(313, ipv4_udp()));
  expect_udp(section(104, ipv4_udp()));
  const Octets ethernet = Octets().uint(0x0a0a0a0a0a0a, 6).uint(0x0b0b0b0b0b0b, 6);
  const Seen tagged = section(315, ethernet + Octets().u16(0x8100).u16(231).u16(0x0800) + ipv4_udp());
  expect_udp(tagged);
  EXPECT_EQ(tagged->vlan_id, 231);
  EXPECT_EQ(tagged->dst_mac, (MacAddress{10, 10, 10, 10, 10, 10}));
  EXPECT_EQ(tagged.extras(0, 315).size(), 1U) << "the bytes themselves stay";
  const Seen labels = section(314, Octets().u32(100U << 12 | 0x1ff) + ipv4_udp());
  expect_udp(labels);
  EXPECT_FALSE(labels.has(FieldId::src_mac));
  const auto stack = labels.batch->list<std::uint32_t>(labels.cold().mpls_label);
  EXPECT_THAT(std::vector(stack.begin(), stack.end()), ElementsAre(100U));
  const Seen pseudowire =
      section(314, Octets().u32(100U << 12 | 0x1ff).u32(0) + ethernet + Octets().u16(0x0800) + ipv4_udp());
  expect_udp(pseudowire);
}

TEST_F(Sections, TheRecordsOwnElementsRule) {
  feed(ipfix(1, 0,
             ipfix_template(256, {{8, 4}, {1, 4}, {2, 4}, {313, 28}}) +
                 set(256, Octets().ip("192.0.2.9").u32(5000).u32(9) + ipv4_udp())));
  const Seen flow = flows().at(0);
  EXPECT_EQ(flow.src(), "192.0.2.9");
  EXPECT_EQ(flow.dst(), "10.8.8.8");
  EXPECT_EQ(flow->bytes, 5000U);
  EXPECT_EQ(flow->packets, 9U);
}

TEST_F(Sections, CutAnywhere) {
  const Octets whole = Octets().zeros(12).u16(0x8847).u32(0x1ff) + ipv4_udp();
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    Octets cut = whole;
    cut.resize(length);
    for (const std::uint16_t element : {std::uint16_t{104}, std::uint16_t{313}, std::uint16_t{314}, std::uint16_t{315}})
      section(element, cut);
  }
  EXPECT_EQ(stats().flows, 4 * (whole.size() + 1));
}

}  // namespace
}  // namespace weir::test
