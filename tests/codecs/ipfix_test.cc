// IPFIX records: encodings of RFC 7011, biflows (RFC 5103), and messages that contradict themselves.
#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint16_t kVariable = 65535;

class Ipfix : public DecoderTest {
 protected:
  // One template and one record of it.
  Seen decode(const Fields& fields, const Octets& record) {
    feed(ipfix(1, 0, ipfix_template(256, fields) + set(256, record)));
    EXPECT_EQ(flows().size(), 1U);
    return flows().at(0);
  }
};

TEST_F(Ipfix, ReducedSizeIntegers) {
  const Seen flow = decode({{8, 4}, {2, 3}, {1, 5}, {10, 1}, {7, 1}, {6, 1}},
                           Octets().ip("10.0.0.1").uint(70000, 3).uint(5'000'000'000, 5).u8(7).u8(53).u8(0x12));
  EXPECT_EQ(flow->packets, 70000U);
  EXPECT_EQ(flow->bytes, 5'000'000'000U);
  EXPECT_EQ(flow->in_if, 7U);
  EXPECT_EQ(flow->src_port, 53);
  EXPECT_EQ(flow->tcp_flags, 0x12);
}

TEST_F(Ipfix, IntegersLongerThanTheirField) {
  const Fields fields = {{89, 4}, {4, 2}, {1, 8}};
  feed(ipfix(
      1, 0,
      ipfix_template(256, fields) + set(256, Octets().u32(64).u16(6).u64(1) + Octets().u32(0x1234).u16(6).u64(1))));
  EXPECT_EQ(flows()[0]->forwarding_status, 64);
  EXPECT_EQ(flows()[0]->proto, 6);
  EXPECT_THAT(flows()[0].extras(0, 89), IsEmpty());
  EXPECT_FALSE(flows()[1].has(FieldId::forwarding_status)) << "it does not fit";
  EXPECT_THAT(flows()[1].extras(0, 89), ElementsAre(std::string("\0\0\x12\x34", 4)));
}

TEST_F(Ipfix, IntegersLongerThanAnyField) {
  const Octets fits = Octets().uint(~0ULL, 16).uint(53, 9);
  const Octets too_large = Octets().u64(1).u64(2).u8(1).u64(53);
  feed(ipfix(1, 0, ipfix_template(256, {{1, 16}, {7, 9}}) + set(256, fits + too_large)));
  EXPECT_EQ(flows()[0]->bytes, ~0ULL);
  EXPECT_EQ(flows()[0]->src_port, 53);
  EXPECT_THAT(flows()[0].extras(0, 1), IsEmpty());
  EXPECT_FALSE(flows()[1].has(FieldId::bytes));
  EXPECT_EQ(flows()[1].extras(0, 1).size(), 1U);
  EXPECT_FALSE(flows()[1].has(FieldId::src_port));
}

TEST_F(Ipfix, PaddingOfASetIsNoRecord) {
  for (std::size_t padding = 0; padding <= 7; ++padding) {
    const std::size_t before = flows().size();
    feed(ipfix(1, 0,
               ipfix_template(256, kBase) +
                   set(256, base_record("10.1.1.1", "10.2.2.2") + base_record("10.1.1.2", "10.2.2.2") +
                                Octets().text(std::string(padding, '\xee')))));
    EXPECT_EQ(flows().size() - before, 2U) << padding;
  }
  EXPECT_EQ(stats().sets.dropped_total(), 0U);
}

TEST_F(Ipfix, VariableLengthBetweenFields) {
  Fields fields = {{8, 4}, {12, 4}, {500, kVariable, 4242}};
  fields.insert(fields.end(), kBase.begin() + 2, kBase.end());
  const auto record = [](std::uint16_t port, const Octets& text) {
    Octets rest = base_record("10.1.1.1", "10.2.2.2", port);
    Octets whole = Octets().ip("10.1.1.1").ip("10.2.2.2") + text;
    for (std::size_t i = 8; i < rest.size(); ++i) whole.u8(rest.bytes()[i]);
    return whole;
  };
  feed(ipfix(
      1, 0,
      ipfix_template(256, fields) + set(256, record(1, Octets().u8(255).u16(300).text(std::string(300, 'a'))) +
                                                 record(2, Octets().u8(0)) + record(3, Octets().u8(5).text("hello")))));
  feed(ipfix(1, 3, set(256, record(4, Octets().u8(255).u16(5).text("world")))));
  ASSERT_EQ(flows().size(), 4U);
  const std::string texts[] = {std::string(300, 'a'), "", "hello", "world"};
  for (std::uint16_t i = 0; i < 4; ++i) {
    EXPECT_EQ(flows()[i]->src_port, i + 1);
    EXPECT_EQ(flows()[i]->bytes, 1000U);
    EXPECT_THAT(flows()[i].extras(4242, 500), ElementsAre(texts[i]));
  }
}

TEST_F(Ipfix, VariableLengthRunningPastItsSetCostsOnlyThatSet) {
  const Fields fields = {{8, 4}, {500, kVariable, 4242}, {7, 2}};
  const Octets good = Octets().ip("10.1.1.1").u8(2).text("ok").u16(1);
  feed(ipfix(1, 0, ipfix_template(256, fields) + set(256, good)));
  feed(ipfix(1, 1, set(256, good + Octets().ip("10.1.1.9").u8(255).u16(65535).zeros(40)) + set(256, good)));
  feed(ipfix(1, 2, set(256, good)));
  EXPECT_EQ(flows().size(), 4U) << "good records before the bad one stand";
  EXPECT_EQ(dropped(SetDrop::kMalformed), 1U);
  EXPECT_EQ(decoder_.templates().size(), 1U);
}

TEST_F(Ipfix, TemplateOfOnlyVariableLengths) {
  const Fields fields = {{82, kVariable}, {83, kVariable}};
  feed(ipfix(1, 0, ipfix_template(256, fields) + set(256, Octets().u8(0).u8(0).u8(1).text("x").u8(0).zeros(1))));
  EXPECT_EQ(flows().size(), 2U);
  EXPECT_EQ(stats().sets.dropped_total(), 0U) << "the odd byte is padding";
}

TEST_F(Ipfix, AddressesOfBothFamilies) {
  const Fields fields = {{8, 4}, {12, 4}, {27, 16}, {28, 16}, {15, 4}, {62, 16}, {9, 1}, {29, 1}};
  const auto record = [](const char* v4, const char* v6, std::uint8_t mask4, std::uint8_t mask6) {
    return Octets().ip(v4).ip(v4).ip(v6).ip(v6).ip(v4).ip(v6).u8(mask4).u8(mask6);
  };
  feed(ipfix(
      1, 0,
      ipfix_template(256, fields) + set(256, record("10.0.0.1", "::", 24, 0) + record("0.0.0.0", "2001:db8::1", 0, 48) +
                                                 record("0.0.0.0", "::", 0, 0))));
  EXPECT_THAT(pairs(), ElementsAre("10.0.0.1>10.0.0.1", "2001:db8::1>2001:db8::1", "0.0.0.0>0.0.0.0"));
  EXPECT_EQ(flows()[0]->etype, 0x0800);
  EXPECT_EQ(flows()[1]->etype, 0x86dd);
  EXPECT_EQ(flows()[1]->next_hop_family, Family::kV6);
  EXPECT_EQ(flows()[0]->src_mask, 24);
  EXPECT_EQ(flows()[1]->src_mask, 48);
}

TEST_F(Ipfix, AZeroAddressIsOfTheFamilyOfTheOtherEnd) {
  const auto record = [](const char* src4, const char* dst4, const char* src6, const char* dst6) {
    return Octets().ip(src4).ip(dst4).ip(src6).ip(dst6);
  };
  const Octets lease = record("0.0.0.0", "255.255.255.255", "::", "::");
  const Octets neighbour = record("0.0.0.0", "0.0.0.0", "::", "ff02::1:ff00:1");
  feed(ipfix(1, 0, ipfix_template(256, {{8, 4}, {12, 4}, {27, 16}, {28, 16}}) + set(256, lease + neighbour)));
  const auto sixes_first = [](const char* src4, const char* dst4, const char* src6, const char* dst6) {
    return Octets().ip(src6).ip(dst6).ip(src4).ip(dst4);
  };
  feed(ipfix(1, 2,
             ipfix_template(257, {{27, 16}, {28, 16}, {8, 4}, {12, 4}}) +
                 set(257, sixes_first("0.0.0.0", "255.255.255.255", "::", "::") +
                              sixes_first("10.0.0.1", "0.0.0.0", "::", "::"))));
  EXPECT_THAT(pairs(), ElementsAre("0.0.0.0>255.255.255.255", "::>ff02::1:ff00:1", "0.0.0.0>255.255.255.255",
                                   "10.0.0.1>0.0.0.0"));
  EXPECT_EQ(flows()[1]->etype, 0x86dd);
  EXPECT_EQ(flows()[2]->etype, 0x0800);
}

TEST_F(Ipfix, RepeatedElementFillsItsFieldOnceAndStaysAnExtra) {
  const Seen flow = decode({{8, 4}, {8, 4}, {12, 4}}, Octets().ip("10.0.0.1").ip("10.0.0.2").ip("10.0.0.3"));
  EXPECT_EQ(flow.src(), "10.0.0.1");
  EXPECT_THAT(flow.extras(0, 8), ElementsAre(std::string("\x0a\0\0\x02", 4)));
}

TEST_F(Ipfix, ACounterOfZeroIsACounter) {
  const Seen flow = decode({{85, 4}, {1, 4}}, Octets().u32(77).u32(0));
  EXPECT_EQ(flow->bytes, 0U);
  EXPECT_TRUE(flow.has(FieldId::bytes));
  EXPECT_THAT(flow.extras(0, 85), ElementsAre(std::string("\0\0\0\x4d", 4)));
}

TEST_F(Ipfix, PaddingOctetsAreNoExtra) {
  const Seen flow = decode({{8, 4}, {210, 3}, {12, 4}}, Octets().ip("10.0.0.1").zeros(3).ip("10.0.0.2"));
  EXPECT_EQ(flow->extras, 0U);
  EXPECT_EQ(flow.dst(), "10.0.0.2");
}

TEST_F(Ipfix, ExtrasKeepRecordOrder) {
  const Seen flow = decode({{500, 2, 9}, {4, 1}, {501, kVariable, 9}, {502, 1, 9}},
                           Octets().u16(0x6162).u8(6).u8(3).text("cde").text("f"));
  std::string all;
  flow.batch->for_each_extra(*flow.flow, [&](const Extra&, Bytes value) { all += as_text(value); });
  EXPECT_EQ(all, "abcdef");
}

TEST_F(Ipfix, IcmpTypeAndCode) {
  EXPECT_EQ(decode({{4, 1}, {32, 2}}, Octets().u8(1).u16(0x0304))->icmp_type, 3);
  EXPECT_EQ(flows()[0]->icmp_code, 4);
  feed(ipfix(
      1, 0,
      ipfix_template(256, {{4, 1}, {139, 2}, {178, 1}, {179, 1}}) + set(256, Octets().u8(58).u16(0).u8(128).u8(1))));
  EXPECT_EQ(flows()[1]->icmp_type, 128);
  EXPECT_EQ(flows()[1]->icmp_code, 1);
  feed(ipfix(1, 0, ipfix_template(256, {{4, 1}, {11, 2}}) + set(256, Octets().u8(58).u16(0x8100))));
  EXPECT_EQ(flows()[2]->icmp_type, 129);
  EXPECT_EQ(flows()[2]->dst_port, 0x8100);
  feed(ipfix(1, 0, ipfix_template(256, {{4, 1}, {11, 2}}) + set(256, Octets().u8(6).u16(0x8100))));
  EXPECT_FALSE(flows()[3].has(FieldId::icmp_type));
}

TEST_F(Ipfix, MplsLabels) {
  const Seen flow = decode({{70, 3}, {71, 3}, {72, 3}, {47, 4}},
                           Octets().uint(0x05dc20, 3).uint(0x000001, 3).uint(0, 3).ip("10.0.0.9"));
  const auto labels = flow.batch->list<std::uint32_t>(flow.cold().mpls_label);
  EXPECT_THAT(std::vector(labels.begin(), labels.end()), ElementsAre(0x05dc2U, 0U));
  const auto nodes = flow.batch->list<IpAddress>(flow.cold().mpls_ip);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].to_string(), "10.0.0.9");
}

TEST_F(Ipfix, PrefixesStandInForAddresses) {
  const Seen flow = decode({{44, 4}, {9, 1}, {45, 4}, {13, 1}}, Octets().ip("10.1.0.0").u8(16).ip("10.2.0.0").u8(16));
  EXPECT_EQ(flow.src(), "10.1.0.0");
  EXPECT_EQ(flow.dst(), "10.2.0.0");
}

TEST_F(Ipfix, TableOfOtherFields) {
  const Seen flow = decode({{136, 1},
                            {61, 1},
                            {148, 8},
                            {138, 8},
                            {56, 6},
                            {80, 6},
                            {58, 2},
                            {243, 2},
                            {225, 4},
                            {227, 2},
                            {230, 1},
                            {234, 4},
                            {54, 4},
                            {197, 1},
                            {128, 4},
                            {18, 4}},
                           Octets()
                               .u8(3)
                               .u8(1)
                               .u64(1ULL << 63)
                               .u64(5)
                               .uint(0x0a0b0c0d0e0f, 6)
                               .uint(1, 6)
                               .u16(100)
                               .u16(200)
                               .ip("198.51.100.1")
                               .u16(6000)
                               .u8(4)
                               .u32(9)
                               .u32(77)
                               .u8(2)
                               .u32(64496)
                               .ip("10.9.9.9"));
  EXPECT_EQ(flow->flow_end_reason, 3);
  EXPECT_EQ(flow->flow_direction, 1);
  EXPECT_EQ(flow.cold().flow_id, 1ULL << 63);
  EXPECT_EQ(flow.cold().observation_point_id, 5U);
  EXPECT_EQ(flow->src_mac, (MacAddress{10, 11, 12, 13, 14, 15}));
  EXPECT_EQ(flow->src_vlan, 100);
  EXPECT_EQ(flow->vlan_id, 200);
  EXPECT_EQ(IpAddress::v4(flow.cold().post_nat_src_addr.data()).to_string(), "198.51.100.1");
  EXPECT_EQ(flow.cold().post_nat_src_port, 6000);
  EXPECT_EQ(flow.cold().nat_event, 4);
  EXPECT_EQ(flow.cold().ingress_vrf_id, 9U);
  EXPECT_EQ(flow.cold().fragment_id, 77U);
  EXPECT_EQ(flow.cold().ip_flags, 2);
  EXPECT_EQ(flow.cold().next_hop_as, 64496U);
  EXPECT_EQ(flow.cold().bgp_next_hop_family, Family::kV4);
  EXPECT_EQ(flow->extras, 0U);
}

const Fields kBiflow = {{8, 4},        {12, 4},       {7, 2},          {11, 2},         {10, 4},
                        {14, 4},       {2, 8},        {1, 8},          {152, 8},        {153, 8},
                        {6, 2},        {2, 8, 29305}, {1, 8, 29305},   {152, 8, 29305}, {153, 8, 29305},
                        {6, 2, 29305}, {14, 1, 6871}, {16398, 1, 6871}};
Octets biflow_record(std::uint64_t reverse_packets = 20) {
  const std::uint64_t ms = kExportTime * 1000ULL;
  return Octets()
      .ip("10.1.1.1")
      .ip("10.2.2.2")
      .u16(1111)
      .u16(80)
      .u32(3)
      .u32(4)
      .u64(10)
      .u64(1000)
      .u64(ms - 5000)
      .u64(ms - 1000)
      .u16(2)
      .u64(reverse_packets)
      .u64(100 * reverse_packets)
      .u64(ms - 4000)
      .u64(ms - 900)
      .u16(0x12)
      .u8(1)
      .u8(2);
}

TEST_F(Ipfix, BiflowKeepsBothDirections) {
  const Seen flow = decode(kBiflow, biflow_record());
  EXPECT_EQ(flow->packets, 10U);
  EXPECT_EQ(flow->bytes, 1000U);
  EXPECT_EQ(flow->tcp_flags, 2);
  EXPECT_EQ(flow.cold().reverse_packets, 20U);
  EXPECT_EQ(flow.cold().reverse_bytes, 2000U);
  EXPECT_EQ(flow.cold().reverse_tcp_flags, 0x12);
  EXPECT_EQ(flow.cold().reverse_time_flow_start_ns, (kExportTime - 4) * kSecond);
  EXPECT_EQ(flow.cold().reverse_time_flow_end_ns, kExportTime * kSecond - 900'000'000);
  EXPECT_EQ(flow->time_flow_start_ns, (kExportTime - 5) * kSecond);
  EXPECT_THAT(flow.extras(6871, 16398), ElementsAre("\x02"));
  EXPECT_EQ(stats().biflows, 1U);
}

TEST_F(Ipfix, ReverseAloneNeverFillsTheForwardField) {
  const Seen flow = decode({{8, 4}, {1, 8, 29305}}, Octets().ip("10.0.0.1").u64(99));
  EXPECT_FALSE(flow.has(FieldId::bytes));
  EXPECT_EQ(flow->bytes, 0U);
  EXPECT_EQ(flow.cold().reverse_bytes, 99U);
}

TEST_F(Ipfix, InitiatorAndResponderAreForwardAndReverse) {
  const Seen flow = decode({{231, 8}, {232, 8}, {298, 8}, {299, 8}}, Octets().u64(1).u64(2).u64(3).u64(4));
  EXPECT_EQ(flow->bytes, 1U);
  EXPECT_EQ(flow.cold().reverse_bytes, 2U);
  EXPECT_EQ(flow->packets, 3U);
  EXPECT_EQ(flow.cold().reverse_packets, 4U);
}

TEST_F(Ipfix, MessageCutAnywhereNeverOverreads) {
  const Octets whole =
      ipfix(1, 0,
            ipfix_template(256, kBiflow) + ipfix_template(257, {{8, 4}, {82, kVariable}}) +
                ipfix_options(258, {{149, 4}}, {{41, 8}}) + set(256, biflow_record()) +
                set(257, Octets().ip("10.0.0.1").u8(3).text("abc")) + set(258, Octets().u32(1).u64(2)));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    // On the heap and of exact size, so that a sanitizer sees one byte too many.
    const std::vector<std::uint8_t> cut(whole.bytes().begin(),
                                        whole.bytes().begin() + static_cast<std::ptrdiff_t>(length));
    Decoder fresh;
    fresh.decode(session(), cut, now_, writer_);
    EXPECT_TRUE(fresh.messages().balanced());
    EXPECT_TRUE(fresh.totals().sets.balanced());
    // Where sets happen to end, nothing in the rest contradicts itself.
    if (length < 16) {
      EXPECT_EQ(fresh.messages().dropped_total(), 1U);
    }
  }
  feed(whole);
  EXPECT_EQ(stats().flows, 2U);
  EXPECT_EQ(stats().options_records, 1U);
}

TEST_F(Ipfix, HeaderShorterThanTheDatagramLeavesTheRest) {
  const Octets message = ipfix(1, 0, ipfix_template(256, kBase));
  feed(message + Octets().text("and more"));
  EXPECT_EQ(stats().trailing_bytes, 8U);
  EXPECT_EQ(stats().sets.out, 1U);
}

TEST_F(Ipfix, HeaderLongerThanTheDatagramGivesTheWholeSets) {
  Octets message = ipfix(1, 0,
                         ipfix_template(256, kBase) + set(256, base_record("10.1.1.1", "10.2.2.2")) +
                             set(256, base_record("10.1.1.2", "10.2.2.2")));
  message.resize(message.size() - 1);
  feed(message);
  EXPECT_THAT(pairs(), ElementsAre("10.1.1.1>10.2.2.2"));
  EXPECT_EQ(dropped(SetDrop::kMalformed), 1U);
}

TEST_F(Ipfix, MessageCutBetweenItsSetsIsMalformedToo) {
  const Octets last = set(256, base_record("10.1.1.2", "10.2.2.2"));
  Octets message = ipfix(1, 0, ipfix_template(256, kBase) + set(256, base_record("10.1.1.1", "10.2.2.2")) + last);
  message.resize(message.size() - last.size());
  feed(message);
  EXPECT_EQ(flows().size(), 1U);
  EXPECT_EQ(dropped(SetDrop::kMalformed), 1U);
  feed(ipfix(1, 2, last));
  decoder_.finish(now_, writer_);
  EXPECT_EQ(stats().sequence.lost, 0U);
}

TEST_F(Ipfix, LengthBelowItsHeaderIsABadHeader) {
  feed(Octets().u16(10).u16(15).zeros(12));
  EXPECT_EQ(decoder_.messages().dropped_for(MessageDrop::kBadHeader), 1U);
}

TEST_F(Ipfix, SetOfLengthZeroEndsTheMessageOnce) {
  feed(ipfix(1, 0, Octets().u16(256).u16(0).zeros(400)));
  feed(ipfix(1, 0, Octets().u16(256).u16(3).zeros(400)));
  EXPECT_EQ(dropped(SetDrop::kMalformed), 2U);
}

TEST_F(Ipfix, ReservedSets) {
  feed(ipfix(1, 0,
             set(0, Octets().u32(1)) + set(1, Octets().u32(1)) + set(4, Octets()) + set(255, Octets().u32(1)) +
                 ipfix_template(256, kBase)));
  EXPECT_EQ(dropped(SetDrop::kReserved), 4U);
  EXPECT_EQ(decoder_.templates().size(), 1U);
}

TEST_F(Ipfix, ImpossibleTemplates) {
  feed(ipfix(1, 0, ipfix_template(256, {{8, 0}})));                                      // records of length zero
  feed(ipfix(1, 0, set(2, Octets().u16(256).u16(65535).zeros(8).u8(1))));                // fields that are not there
  feed(ipfix(1, 0, ipfix_template(255, kBase)));                                         // an id of sets
  feed(ipfix(1, 0, ipfix_options(256, {}, {{41, 8}})));                                  // no scope
  feed(ipfix(1, 0, set(3, Octets().u16(256).u16(1).u16(2).zeros(8))));                   // more scopes than fields
  feed(ipfix(1, 0, set(2, Octets().u16(256).u16(2).u16(8).u16(4).u16(0x8001).u16(4))));  // enterprise number missing
  feed(ipfix(1, 0, ipfix_template(256, {{8, 65534}, {12, 65534}})));  // records that no set could hold
  EXPECT_EQ(dropped(SetDrop::kBadTemplate), 7U);
  EXPECT_TRUE(decoder_.templates().empty());
}

TEST_F(Ipfix, BadTemplateDoesNotCostItsNeighbours) {
  const Octets bad = Octets().u16(255).u16(1).u16(8).u16(4);
  Octets good = Octets().u16(256).u16(kBase.size());
  for (const F& f : kBase) good.u16(f.id).u16(f.length);
  feed(ipfix(1, 0, set(2, bad + good)));
  EXPECT_EQ(decoder_.templates().size(), 1U);
  EXPECT_EQ(dropped(SetDrop::kBadTemplate), 1U);
}

TEST_F(Ipfix, ClaimsOfGigabytesAllocateNothing) {
  const Fields fields = {{8, 4}, {291, kVariable}};
  feed(ipfix(1, 0, ipfix_template(256, fields) + set(256, Octets().ip("10.0.0.1").u8(255).u16(65535))));
  feed(ipfix(1, 0, set(2, Octets().u16(300).u16(65535))));
  feed(Octets().u16(10).u16(65535).u32(kExportTime).u32(0xffffffff).u32(0xffffffff).u16(256).u16(65535));
  EXPECT_TRUE(flows().empty());
  EXPECT_LT(decoder_.template_memory(), 10'000U);
  EXPECT_LT(decoder_.held_memory(), 10'000U);
}

TEST_F(Ipfix, AsManyFieldsAsAMessageHolds) {
  Fields fields(15'000, F{500, 1, 0});
  fields.push_back({8, 4});
  feed(ipfix(1, 0, ipfix_template(256, fields)));
  Octets record;
  record.zeros(15'000).ip("10.0.0.1");
  for (int i = 0; i < 3; ++i) feed(ipfix(1, 0, set(256, record)));
  EXPECT_EQ(flows().size(), 3U);
  EXPECT_EQ(flows()[2].src(), "10.0.0.1");
  EXPECT_EQ(flows()[2].extras(0, 500).size(), 15'000U);
}

}  // namespace
}  // namespace weir::test
