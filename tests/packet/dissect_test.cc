#include "packet/dissect.h"

#include <gtest/gtest.h>

#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::be16;
using test::be32;
using test::Buffer;
using test::ethernet;
using test::hex;
using test::ipv4;
using test::ipv6;
using test::tcp;
using test::udp;
using test::operator+;

DissectedPacket on_ethernet(const Buffer& frame) { return dissect(LinkType::kEthernet, frame); }

// `bytes` where reading one byte beyond them is found by the sanitizer.
DissectedPacket dissect_exact(LinkType type, const Buffer& bytes, std::size_t size) {
  const Buffer copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  return dissect(type, copy);
}

void expect_v4_tcp(const DissectedPacket& p) {
  EXPECT_EQ(p.problem, PacketProblem::kNone);
  EXPECT_EQ(p.etype, 0x0800);
  EXPECT_EQ(p.src.to_string(), "192.0.2.1");
  EXPECT_EQ(p.dst.to_string(), "198.51.100.2");
  EXPECT_EQ(p.proto, 6);
  EXPECT_TRUE(p.has_ports);
  EXPECT_EQ(p.src_port, 50000);
  EXPECT_EQ(p.dst_port, 443);
  EXPECT_EQ(p.ip_length, 43U);
}

const Buffer kTcpPacket = ipv4(6, tcp(50000, 443, 0x018, hex("010203")));

TEST(Dissect, EthernetIpv4Tcp) {
  const Buffer frame = ethernet(0x0800, kTcpPacket);
  const DissectedPacket p = on_ethernet(frame);
  expect_v4_tcp(p);
  EXPECT_EQ(p.tcp_flags, 0x018);
  EXPECT_EQ(p.tos, 0xb8);
  EXPECT_EQ(p.ttl, 63);
  EXPECT_EQ(p.ip_flags, 2);
  EXPECT_EQ(p.fragment_id, 0x1234U);
  EXPECT_FALSE(p.is_fragment);
  EXPECT_FALSE(p.is_cut);
  EXPECT_EQ(p.ip_payload.size(), 23U);
  EXPECT_EQ(Buffer(p.l4_payload.begin(), p.l4_payload.end()), hex("010203"));
  EXPECT_TRUE(p.has_mac);
  EXPECT_EQ(p.src_mac, (MacAddress{10, 0, 0, 0, 0, 1}));
  EXPECT_EQ(p.dst_mac, (MacAddress{10, 0, 0, 0, 0, 2}));
}

TEST(Dissect, PaddingIsNoPayload) {
  const Buffer frame = ethernet(0x0800, ipv4(17, udp(1, 2, hex("aa")))) + Buffer(17, 0);
  const DissectedPacket p = on_ethernet(frame);
  EXPECT_EQ(p.ip_length, 29U);
  EXPECT_EQ(p.ip_payload.size(), 9U);
  EXPECT_EQ(p.l4_payload.size(), 1U);
}

TEST(Dissect, EveryLinkTypeCarriesTheSamePacket) {
  const struct {
    LinkType type;
    Buffer header;
  } kCases[] = {
      {LinkType::kEthernet, hex("0a0000000002 0a0000000001 0800")},
      {LinkType::kEthernet, hex("0a0000000002 0a0000000001 0033 aaaa03 000000 0800")},
      {LinkType::kEthernet, hex("0a0000000002 0a0000000001 8864 1100 0001 002d 0021")},
      {LinkType::kEthernet, hex("0a0000000002 0a0000000001 8864 1100 0001 002c 21")},
      {LinkType::kNull, hex("02000000")},
      {LinkType::kNull, hex("00000002")},
      {LinkType::kLoop, hex("00000002")},
      {LinkType::kPpp, hex("ff03 0021")},
      {LinkType::kPpp, hex("0021")},
      {LinkType::kPppSerial, hex("ff03 21")},
      {LinkType::kPppSerial, hex("0f00 0800")},
      {LinkType::kPppEther, hex("1100 0001 002d 0021")},
      {LinkType::kCiscoHdlc, hex("0f00 0800")},
      {LinkType::kCiscoHdlc, hex("8f00 8847 00064140")},
      {LinkType::kLinuxSll, hex("0000 0001 0006 0a0000000001 0000 0800")},
      {LinkType::kLinuxSll, hex("0000 0001 0006 0a0000000001 0000 0004 aaaa03 000000 0800")},
      {LinkType::kLinuxSll2, hex("0800 0000 00000002 0001 00 06 0a0000000001 0000")},
      {LinkType::kRaw, {}},
      {LinkType::kRawBsd, {}},
      {LinkType::kIpv4, {}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(testing::PrintToString(c.header));
    ASSERT_TRUE(is_supported(c.type));
    const Buffer whole = c.header + kTcpPacket;
    expect_v4_tcp(dissect(c.type, whole));
  }
}

TEST(Dissect, Ipv6OnEveryLinkTypeThatNamesIt) {
  const struct {
    LinkType type;
    Buffer header;
  } kCases[] = {
      {LinkType::kEthernet, hex("0a0000000002 0a0000000001 86dd")},
      {LinkType::kNull, hex("1e000000")},
      {LinkType::kNull, hex("0000001c")},
      {LinkType::kPpp, hex("ff03 0057")},
      {LinkType::kCiscoHdlc, hex("0f00 86dd")},
      {LinkType::kLinuxSll2, hex("86dd 0000 00000002 0001 00 06 0a0000000001 0000")},
      {LinkType::kIpv6, {}},
      {LinkType::kRaw, {}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(testing::PrintToString(c.header));
    const Buffer frame = c.header + ipv6(17, udp(1000, 2055, hex("0102")));
    const DissectedPacket p = dissect(c.type, frame);
    EXPECT_EQ(p.problem, PacketProblem::kNone);
    EXPECT_EQ(p.etype, 0x86dd);
    EXPECT_EQ(p.src.to_string(), "2001:db8::1");
    EXPECT_EQ(p.dst.to_string(), "2001:db8::2");
    EXPECT_EQ(p.tos, 0xb8);
    EXPECT_EQ(p.ttl, 62);
    EXPECT_EQ(p.flow_label, 0x12345U);
    EXPECT_EQ(p.ip_length, 50U);
    EXPECT_EQ(p.proto, 17);
    EXPECT_EQ(p.src_port, 1000);
    EXPECT_EQ(p.dst_port, 2055);
    EXPECT_EQ(p.l4_payload.size(), 2U);
  }
}

TEST(Dissect, VlanTags) {
  const DissectedPacket one = on_ethernet(ethernet(0x8100, hex("6064 0800") + kTcpPacket));
  expect_v4_tcp(one);
  EXPECT_EQ(one.vlan_tags, 1U);
  EXPECT_EQ(one.vlan_id, 100);
  EXPECT_EQ(one.inner_vlan_id, 0);

  for (const unsigned outer : {0x8100U, 0x88a8U, 0x9100U}) {
    const DissectedPacket two = on_ethernet(ethernet(outer, hex("00c8 8100 0064 0800") + kTcpPacket));
    expect_v4_tcp(two);
    EXPECT_EQ(two.vlan_tags, 2U);
    EXPECT_EQ(two.vlan_id, 200);
    EXPECT_EQ(two.inner_vlan_id, 100);
  }
}

TEST(Dissect, VlanTagsWithoutEndStop) {
  Buffer tags;
  for (int i = 0; i < 64; ++i) tags = tags + hex("0001 8100");
  EXPECT_EQ(on_ethernet(ethernet(0x8100, tags)).problem, PacketProblem::kTooManyLayers);
}

TEST(Dissect, SnapInsideAVlanTag) {
  expect_v4_tcp(on_ethernet(ethernet(0x8100, hex("0064 0033 aaaa03 000000 0800") + kTcpPacket)));
}

TEST(Dissect, MplsStackWithIp) {
  const DissectedPacket p = on_ethernet(ethernet(0x8847, hex("00064040 000c81ff") + kTcpPacket));
  expect_v4_tcp(p);
  ASSERT_EQ(p.mpls_labels, 2U);
  EXPECT_EQ(p.mpls[0], 0x00064040U);
  EXPECT_EQ(p.mpls[1], 0x000c81ffU);
}

TEST(Dissect, EthernetPseudoWiresWithAndWithoutControlWord) {
  const Buffer inner = hex("001122334455 46aabbccddee 8100 0007 0800") + kTcpPacket;
  for (const Buffer& control_word : {hex("00000000"), hex("00000005"), Buffer{}}) {
    const DissectedPacket p = on_ethernet(ethernet(0x8847, hex("000641ff") + control_word + inner));
    expect_v4_tcp(p);
    EXPECT_EQ(p.src_mac, (MacAddress{10, 0, 0, 0, 0, 1})) << "the outer frame's addresses";
    EXPECT_EQ(p.vlan_tags, 0U) << "the tag belongs to the customer";
  }
}

TEST(Dissect, PseudoWireWhoseAddressBeginsLikeIp) {
  expect_v4_tcp(on_ethernet(ethernet(0x8847, hex("000641ff 45ffffffffff 46aabbccddee 0800") + kTcpPacket)));
}

TEST(Dissect, MplsWithoutBottomStops) {
  EXPECT_EQ(on_ethernet(ethernet(0x8847, Buffer(64, 0))).problem, PacketProblem::kTooManyLayers);
  EXPECT_EQ(on_ethernet(ethernet(0x8847, Buffer(8, 0))).problem, PacketProblem::kTruncated);
}

TEST(Dissect, OtherProtocolsAreNotIp) {
  const DissectedPacket arp = on_ethernet(ethernet(0x0806, Buffer(28, 0)));
  EXPECT_EQ(arp.problem, PacketProblem::kNotIp);
  EXPECT_EQ(arp.etype, 0x0806);
  EXPECT_TRUE(arp.has_mac);
  EXPECT_EQ(on_ethernet(ethernet(38, hex("424203") + Buffer(35, 0))).problem, PacketProblem::kNotIp);
  EXPECT_EQ(on_ethernet(ethernet(0x8863, hex("1109 0000 0000"))).problem, PacketProblem::kNotIp);
  EXPECT_EQ(dissect(LinkType::kPpp, hex("ff03 c021 01020304")).problem, PacketProblem::kNotIp);
}

TEST(Dissect, UnknownLinkType) {
  EXPECT_FALSE(is_supported(static_cast<LinkType>(127)));
  EXPECT_EQ(dissect(static_cast<LinkType>(127), kTcpPacket).problem, PacketProblem::kUnknownLinkType);
}

TEST(Dissect, Ipv4Options) {
  const Buffer packet = hex("47 00 0024 0000 0000 40 11 0000 c0000201 c6336402 94040000 00000000") + udp(1, 2, {});
  const DissectedPacket p = dissect_ip(packet);
  EXPECT_EQ(p.problem, PacketProblem::kNone);
  EXPECT_EQ(p.ip_length, 36U);
  EXPECT_EQ(p.dst_port, 2);
}

TEST(Dissect, TotalLengthZeroIsWhatWasOnTheWire) {
  Buffer packet = kTcpPacket;
  packet[2] = packet[3] = 0;
  EXPECT_EQ(dissect(LinkType::kRaw, packet).ip_length, packet.size());
  const DissectedPacket p = dissect(LinkType::kEthernet, ethernet(0x0800, packet), 14 + 40'000);
  EXPECT_EQ(p.ip_length, 40'000U);
  EXPECT_TRUE(p.is_cut);
  EXPECT_EQ(p.dst_port, 443);
}

TEST(Dissect, Ipv6PayloadLengthZero) {
  Buffer tso = ipv6(6, tcp(1, 2, 0x10, hex("01020304")));
  tso[4] = tso[5] = 0;
  EXPECT_EQ(dissect(LinkType::kRaw, tso, 70'040).ip_length, 70'040U);

  const Buffer options = hex("06 00 c204 00011170");  // Jumbo Payload: 70000
  Buffer jumbo = ipv6(0, options + tcp(1, 2, 0x10, hex("01020304")));
  jumbo[4] = jumbo[5] = 0;
  const DissectedPacket p = dissect(LinkType::kRaw, jumbo, 70'040);
  EXPECT_EQ(p.problem, PacketProblem::kNone);
  EXPECT_EQ(p.ip_length, 70'040U);
  EXPECT_EQ(p.proto, 6);
  EXPECT_EQ(p.dst_port, 2);
  EXPECT_TRUE(p.is_cut);
  const DissectedPacket lie = dissect(LinkType::kRaw, jumbo);
  EXPECT_EQ(lie.problem, PacketProblem::kMalformed) << "more than the frame had";
  EXPECT_EQ(lie.ip_length, 40U);

  const DissectedPacket nothing = on_ethernet(ethernet(0x86dd, ipv6(59, {})) + Buffer(6, 0));
  EXPECT_EQ(nothing.problem, PacketProblem::kNone);
  EXPECT_EQ(nothing.ip_length, 40U);
  EXPECT_EQ(nothing.proto, 59);
}

TEST(Dissect, Ipv6ExtensionChain) {
  const Buffer hop_by_hop = hex("2b 00 010400000000");
  const Buffer srv6 = hex("33 04 04 00 01 00 0000") + Buffer(32, 1);
  const Buffer authentication = hex("3c 04 0000 00000001 00000002") + Buffer(12, 0);
  const Buffer destination = hex("11 00 010400000000");
  const DissectedPacket p =
      dissect_ip(ipv6(0, hop_by_hop + srv6 + authentication + destination + udp(7, 9, hex("aa"))));
  EXPECT_EQ(p.problem, PacketProblem::kNone);
  EXPECT_EQ(p.proto, 17);
  EXPECT_EQ(p.src_port, 7);
  EXPECT_EQ(p.dst_port, 9);
  EXPECT_EQ(p.ip_length, 40U + 8 + 40 + 24 + 8 + 9);
  EXPECT_EQ(p.ip_payload.size(), 9U);
}

TEST(Dissect, Ipv6MobilityEndsTheChainWhenNothingFollows) {
  EXPECT_EQ(dissect_ip(ipv6(135, hex("3b 00 05 00 0000 0000"))).proto, 135);
  const DissectedPacket p = dissect_ip(ipv6(135, hex("11 00 05 00 0000 0000") + udp(1, 2, {})));
  EXPECT_EQ(p.proto, 17);
  EXPECT_EQ(p.dst_port, 2);
}

TEST(Dissect, Ipv6ExtensionsWithoutEndStop) {
  Buffer chain;
  for (int i = 0; i < 32; ++i) chain = chain + hex("3c 00 010400000000");
  EXPECT_EQ(dissect_ip(ipv6(60, chain)).problem, PacketProblem::kTooManyLayers);
  EXPECT_EQ(dissect_ip(ipv6(60, hex("11 ff 010400000000"))).problem, PacketProblem::kMalformed);
}

TEST(Dissect, Ipv4Fragments) {
  const DissectedPacket first = dissect_ip(ipv4(17, udp(1, 2, Buffer(24, 0)), 0x2000));
  EXPECT_TRUE(first.is_fragment);
  EXPECT_EQ(first.fragment_offset, 0);
  EXPECT_EQ(first.dst_port, 2);
  const DissectedPacket later = dissect_ip(ipv4(17, Buffer(24, 0), 0x0004));
  EXPECT_TRUE(later.is_fragment);
  EXPECT_EQ(later.fragment_offset, 32);
  EXPECT_FALSE(later.has_ports);
  EXPECT_EQ(later.proto, 17);
  EXPECT_EQ(later.ip_payload.size(), 24U);
  const DissectedPacket tiny = dissect_ip(ipv4(6, Buffer(8, 0), 0x2000));
  EXPECT_EQ(tiny.problem, PacketProblem::kNone) << "the rest of the TCP header is in the next fragment (RFC 1858)";
  EXPECT_TRUE(tiny.has_ports);
}

TEST(Dissect, Ipv6Fragments) {
  const Buffer destination = hex("11 00 010400000000");
  const DissectedPacket first =
      dissect_ip(ipv6(44, test::fragment_header(60, 0, true, 77) + destination + udp(1, 2, Buffer(8, 0))));
  EXPECT_TRUE(first.is_fragment);
  EXPECT_EQ(first.fragment_id, 77U);
  EXPECT_EQ(first.ip_flags, 1);
  EXPECT_EQ(first.proto, 17);
  EXPECT_EQ(first.dst_port, 2);
  EXPECT_EQ(first.payload_proto, 60);
  EXPECT_EQ(first.ip_payload.size(), 24U);
  const DissectedPacket later = dissect_ip(ipv6(44, test::fragment_header(60, 24, false, 77) + Buffer(5, 0)));
  EXPECT_TRUE(later.is_fragment);
  EXPECT_EQ(later.fragment_offset, 24);
  EXPECT_FALSE(later.has_ports);
  const DissectedPacket atomic = dissect_ip(ipv6(44, test::fragment_header(17, 0, false, 78) + udp(3, 4, {})));
  EXPECT_FALSE(atomic.is_fragment) << "RFC 6946";
  EXPECT_EQ(atomic.dst_port, 4);
}

TEST(Dissect, OtherTransports) {
  const DissectedPacket icmp = dissect_ip(ipv4(1, hex("0301 0000 00000000")));
  EXPECT_TRUE(icmp.has_icmp);
  EXPECT_EQ(icmp.icmp_type, 3);
  EXPECT_EQ(icmp.icmp_code, 1);
  EXPECT_FALSE(icmp.has_ports);
  const DissectedPacket icmp6 = dissect_ip(ipv6(58, hex("8000 0000 00000000")));
  EXPECT_TRUE(icmp6.has_icmp);
  EXPECT_EQ(icmp6.icmp_type, 128);
  for (const unsigned proto : {33U, 132U, 136U}) {
    const DissectedPacket p = dissect_ip(ipv4(proto, hex("0bb8 0050") + Buffer(12, 0)));
    EXPECT_EQ(p.src_port, 3000);
    EXPECT_EQ(p.dst_port, 80);
  }
  for (const unsigned proto : {4U, 41U, 47U, 50U}) {
    const DissectedPacket p = dissect_ip(ipv4(proto, Buffer(24, 0xff)));
    EXPECT_EQ(p.problem, PacketProblem::kNone);
    EXPECT_EQ(p.proto, proto);
    EXPECT_FALSE(p.has_ports);
    EXPECT_EQ(p.ip_payload.size(), 24U);
  }
}

TEST(Dissect, HeadersThatContradictThemselves) {
  const auto problem_of = [](Buffer packet, std::size_t at, std::uint8_t value) {
    packet[at] = value;
    return dissect_ip(packet).problem;
  };
  EXPECT_EQ(problem_of(kTcpPacket, 0, 0x44), PacketProblem::kMalformed) << "header length below 20";
  EXPECT_EQ(problem_of(kTcpPacket, 3, 19), PacketProblem::kMalformed) << "total length below the header's";
  EXPECT_EQ(problem_of(kTcpPacket, 0, 0x55), PacketProblem::kMalformed) << "neither 4 nor 6";
  EXPECT_EQ(problem_of(kTcpPacket, 32, 0x40), PacketProblem::kMalformed) << "TCP data offset below 5";
  EXPECT_EQ(problem_of(kTcpPacket, 32, 0xf0), PacketProblem::kMalformed) << "TCP header beyond the packet";
  const Buffer datagram = ipv4(17, udp(1, 2, hex("aabb")));
  EXPECT_EQ(problem_of(datagram, 25, 7), PacketProblem::kMalformed) << "UDP length below 8";
  EXPECT_EQ(problem_of(datagram, 25, 11), PacketProblem::kMalformed) << "UDP length beyond the packet";
  EXPECT_EQ(problem_of(datagram, 25, 9), PacketProblem::kNone);
}

TEST(Dissect, SnapLengthKeepsWhatIsThere) {
  const Buffer frame = ethernet(0x0800, ipv4(6, tcp(50000, 443, 0x12, Buffer(100, 0))));
  const DissectedPacket ports = dissect_exact(LinkType::kEthernet, frame, 14 + 20 + 4);
  EXPECT_EQ(ports.problem, PacketProblem::kTruncated);
  EXPECT_TRUE(ports.has_ports);
  EXPECT_EQ(ports.dst_port, 443);
  EXPECT_EQ(ports.ip_length, 140U);
  EXPECT_TRUE(ports.is_cut);
  const DissectedPacket addresses = dissect_exact(LinkType::kEthernet, frame, 14 + 20 + 3);
  EXPECT_EQ(addresses.problem, PacketProblem::kTruncated);
  EXPECT_FALSE(addresses.has_ports);
  EXPECT_EQ(addresses.src.to_string(), "192.0.2.1");
  const DissectedPacket payload = dissect_exact(LinkType::kEthernet, frame, 14 + 20 + 20 + 1);
  EXPECT_EQ(payload.problem, PacketProblem::kNone) << "every header is there";
  EXPECT_TRUE(payload.is_cut);
  EXPECT_EQ(payload.l4_payload.size(), 1U);
}

TEST(Dissect, NeverReadsBeyondAFrameCutAnywhere) {
  const Buffer frames[] = {
      ethernet(0x88a8, hex("00c8 8100 0064 8847 00064040 000c81ff") + kTcpPacket),
      ethernet(0x8847, hex("000641ff 00000000 001122334455 46aabbccddee 0800") + kTcpPacket),
      ethernet(0x8864,
               hex("1100 0001 002d 0057") + ipv6(0, hex("2c 00 010400000000") + test::fragment_header(60, 0, true, 1) +
                                                        hex("11 00 010400000000") + udp(1, 2, hex("aa")))),
      ethernet(0x33, hex("aaaa03 000000 0800") + kTcpPacket),
  };
  for (const Buffer& frame : frames) {
    const DissectedPacket whole = on_ethernet(frame);
    ASSERT_EQ(whole.problem, PacketProblem::kNone);
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const DissectedPacket p = dissect_exact(LinkType::kEthernet, frame, size);
      EXPECT_EQ(p.dst_port, p.has_ports ? whole.dst_port : 0);
      EXPECT_EQ(p.ip_length, p.src.family != Family::kNone ? whole.ip_length : 0);
      EXPECT_TRUE(p.problem != PacketProblem::kNone || p.is_cut || p.is_fragment) << size;
    }
  }
}

}  // namespace
}  // namespace weir
