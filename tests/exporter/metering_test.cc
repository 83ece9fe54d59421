// What becomes of packets: which flow they are counted in, when it ends, and what its record says.
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <stdexcept>

#include "exporter/metering/flow_entry.h"
#include "tests/exporter/metering_rig.h"

namespace weir {
namespace {

using namespace test;

constexpr std::uint64_t kMs = 1'000'000;

const Packet kQuery{};
const Packet kSynPacket{.dst_port = 443, .proto = kTcpProto, .tcp_flags = kSyn};

Packet tcp_packet(unsigned flags, std::size_t payload = 10) {
  Packet packet = kSynPacket;
  packet.tcp_flags = flags;
  packet.payload = payload;
  return packet;
}

std::uint64_t dropped(const MeterRig& rig, PacketDrop reason) { return rig.meter.status().packets.dropped_for(reason); }

TEST(Meter, CountsBothDirectionsInOneRecord) {
  MeterRig rig({.observation_domain_id = 7, .exporter_address = IpAddress::v4(0x0a000009), .host = "probe"});
  rig.meter.set_interface_name(3, "eth0");
  Packet packet = kQuery;
  packet.tos = 0xb8;
  packet.vlan = 12;
  rig.send(packet, 5);
  packet.ttl = 60;
  packet.tos = 0;
  packet.payload = 100;
  rig.send(packet, 9 * kMs + 1);
  rig.send(packet.answer(), 7 * kMs + 3);
  ASSERT_EQ(rig.finish().size(), 1U);
  const Record& r = rig.records[0];
  EXPECT_EQ(r.src(), "10.0.0.1");
  EXPECT_EQ(r.dst(), "10.0.0.2");
  EXPECT_EQ(r.flow.src_port, 40000);
  EXPECT_EQ(r.flow.dst_port, 53);
  EXPECT_EQ(r.flow.proto, 17);
  EXPECT_EQ(r.flow.etype, 0x0800);
  EXPECT_EQ(r.flow.packets, 2U);
  EXPECT_EQ(r.flow.bytes, 38U + 128U);
  EXPECT_EQ(r.flow.time_flow_start_ns, kStart + 5);
  EXPECT_EQ(r.flow.time_flow_end_ns, kStart + 9 * kMs + 1);
  EXPECT_EQ(r.flow.ip_tos, 0xb8);
  EXPECT_EQ(r.flow.ip_ttl, 60);
  EXPECT_EQ(r.flow.vlan_id, 12);
  EXPECT_EQ(r.flow.src_mac, (MacAddress{10, 0, 0, 0, 0, 1}));
  EXPECT_EQ(r.flow.dst_mac, (MacAddress{10, 0, 0, 0, 0, 2}));
  EXPECT_EQ(r.cold.reverse_packets, 1U);
  EXPECT_EQ(r.cold.reverse_bytes, 128U);
  EXPECT_EQ(r.cold.reverse_time_flow_start_ns, kStart + 7 * kMs + 3);
  EXPECT_EQ(r.cold.reverse_time_flow_end_ns, kStart + 7 * kMs + 3);
  EXPECT_FALSE(r.has(FieldId::tcp_flags));
  EXPECT_FALSE(r.has(FieldId::reverse_tcp_flags));
  EXPECT_FALSE(r.has(FieldId::icmp_type));
  EXPECT_FALSE(r.has(FieldId::sampling_rate));
  EXPECT_EQ(r.flow.flow_end_reason, 4);
  EXPECT_EQ(r.flow.in_if, 3U);
  EXPECT_EQ(r.in_if_name, "eth0");
  EXPECT_FALSE(r.has(FieldId::flow_direction));  // nothing tells
  EXPECT_EQ(r.origin.protocol, FlowProtocol::kWeir);
  EXPECT_EQ(r.origin.observation_domain_id, 7U);
  EXPECT_EQ(r.origin.sampler_address, IpAddress::v4(0x0a000009).bytes);
  EXPECT_EQ(r.host, "probe");
  const MeterStatus status = rig.meter.status();
  EXPECT_EQ(status.packets.in, 3U);
  EXPECT_EQ(status.packets.out, 3U);
  EXPECT_EQ(status.bytes, 38U + 256U);
  EXPECT_EQ(status.flows_created, 1U);
  EXPECT_EQ(status.flows_active, 0U);
}

TEST(Meter, Ipv6AndTcpFlagsOfEachDirection) {
  MeterRig rig;
  Packet packet{.src = "2001:db8::1", .dst = "2001:db8::2", .dst_port = 80, .proto = kTcpProto, .tcp_flags = kSyn};
  packet.flow_label = 0x54321;
  rig.send(packet, 0);
  Packet answer = packet.answer();
  answer.tcp_flags = kSyn | kAck;
  rig.send(answer, 1);
  packet.tcp_flags = kAck | kPush;
  rig.send(packet, 2);
  ASSERT_EQ(rig.finish().size(), 1U);
  const Record& r = rig.records[0];
  EXPECT_EQ(r.src(), "2001:db8::1");
  EXPECT_EQ(r.flow.bytes, 2U * 70);
  EXPECT_EQ(r.flow.tcp_flags, kSyn | kAck | kPush);
  EXPECT_EQ(r.cold.reverse_tcp_flags, kSyn | kAck);
  EXPECT_EQ(r.flow.ipv6_flow_label, 0x54321U);
  EXPECT_EQ(r.flow.etype, 0x86dd);
}

TEST(Meter, OneWayFlowHasNoReverseFields) {
  MeterRig rig;
  rig.send(kQuery, 0);
  ASSERT_EQ(rig.finish().size(), 1U);
  for (const FieldId id : {FieldId::reverse_bytes, FieldId::reverse_packets, FieldId::reverse_tcp_flags,
                           FieldId::reverse_time_flow_start_ns, FieldId::reverse_time_flow_end_ns})
    EXPECT_FALSE(rig.records[0].has(id));
}

TEST(Meter, KeyFieldsTellFlowsApart) {
  const auto flows = [](const FlowKeyFields& key) {
    MeterRig rig({.key = key});
    Packet packet = kQuery;
    rig.send(packet, 0);
    rig.send(packet, 1, [](Frame& frame) { frame.interface = 4; });
    packet.vlan = 9;
    rig.send(packet, 2);
    packet.vlan = 0;
    packet.src_port = 40001;
    rig.send(packet, 3);
    return rig.finish();
  };
  EXPECT_EQ(flows({}).size(), 4U);
  EXPECT_EQ(flows({.ports = false}).size(), 3U);
  EXPECT_EQ(flows({.vlan = false}).size(), 3U);
  EXPECT_EQ(flows({.interface = false}).size(), 3U);
  const auto hosts = flows({.ports = false, .vlan = false, .interface = false});
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_EQ(hosts[0].flow.packets, 4U);
  EXPECT_FALSE(hosts[0].has(FieldId::src_port));
  EXPECT_FALSE(hosts[0].has(FieldId::vlan_id));
  EXPECT_FALSE(hosts[0].has(FieldId::in_if));
}

TEST(Meter, TagThatTheKernelTookOffIsTheOutermost) {
  MeterRig rig;
  Packet packet = kQuery;
  packet.vlan = 5;
  rig.send(packet, 0, [](Frame& frame) {
    frame.has_vlan = true;
    frame.vlan_tci = 0xe000 | 77;
  });
  EXPECT_EQ(rig.finish().at(0).flow.vlan_id, 77);
}

// The initiator of a flow whose first packets are these.
std::string initiator(const std::vector<Packet>& packets) {
  MeterRig rig;
  std::uint64_t at = 0;
  for (const Packet& packet : packets) rig.send(packet, at += kMs);
  EXPECT_EQ(rig.finish().size(), 1U);
  return rig.records.at(0).src();
}

TEST(Meter, InitiatorByHandshake) {
  Packet to_high = kSynPacket;
  to_high.src_port = 20;
  to_high.dst_port = 50000;
  EXPECT_EQ(initiator({to_high}), "10.0.0.1");
  Packet answer = to_high.answer();
  answer.tcp_flags = kSyn | kAck;
  EXPECT_EQ(initiator({answer}), "10.0.0.1");
  Packet data = to_high;
  data.tcp_flags = kAck;
  EXPECT_EQ(initiator({data}), "10.0.0.2");           // by its ports
  EXPECT_EQ(initiator({data, to_high}), "10.0.0.1");  // the handshake knows better
  EXPECT_EQ(initiator({data.answer(), answer}), "10.0.0.1");
}

TEST(Meter, InitiatorByPorts) {
  EXPECT_EQ(initiator({kQuery.answer(), kQuery}), "10.0.0.1");
  EXPECT_EQ(initiator({{.src_port = 5353, .dst_port = 123}}), "10.0.0.1");
  EXPECT_EQ(initiator({{.src_port = 123, .dst_port = 5353}}), "10.0.0.2");
  EXPECT_EQ(initiator({{.src_port = 123, .dst_port = 123}}), "10.0.0.1");
  EXPECT_EQ(initiator({{.src_port = 60000, .dst_port = 50000}}), "10.0.0.1");
  EXPECT_EQ(initiator({{.src_port = 500, .dst_port = 0}}), "10.0.0.2");
}

TEST(Meter, InitiatorByGroupAddress) {
  EXPECT_EQ(initiator({{.dst = "224.0.0.251", .src_port = 53, .dst_port = 60000}}), "10.0.0.1");
  EXPECT_EQ(initiator({{.dst = "255.255.255.255", .src_port = 67, .dst_port = 40000}}), "10.0.0.1");
  EXPECT_EQ(initiator({{.src = "fe80::1", .dst = "ff02::fb", .src_port = 53, .dst_port = 60000}}), "fe80::1");
}

TEST(Meter, InitiatorByIcmpType) {
  Packet echo{.proto = kIcmpProto, .icmp_type = 8};
  EXPECT_EQ(initiator({echo}), "10.0.0.1");
  echo.icmp_type = 0;
  EXPECT_EQ(initiator({echo}), "10.0.0.2");
  echo.icmp_type = 3;
  EXPECT_EQ(initiator({echo}), "10.0.0.2");
  Packet echo6{.src = "2001:db8::1", .dst = "2001:db8::2", .proto = kIcmpv6Proto, .icmp_type = 129};
  EXPECT_EQ(initiator({echo6}), "2001:db8::2");
  echo6.icmp_type = 128;
  EXPECT_EQ(initiator({echo6}), "2001:db8::1");
}

TEST(Meter, IcmpTypeAndCodeAreOfTheForwardDirection) {
  MeterRig rig;
  const Packet echo{.proto = kIcmpProto, .icmp_type = 8, .icmp_code = 5};
  Packet reply = echo.answer();
  reply.icmp_type = 0;
  rig.send(reply, 0);
  rig.send(echo, 1);
  const Record& r = rig.finish().at(0);
  EXPECT_EQ(r.src(), "10.0.0.1");
  EXPECT_EQ(r.flow.icmp_type, 8);
  EXPECT_EQ(r.flow.icmp_code, 5);
  EXPECT_TRUE(r.has(FieldId::icmp_type));
  EXPECT_FALSE(r.has(FieldId::src_port));
}

TEST(Meter, SliceInWhichOnlyTheAnswererSpoke) {
  MeterRig rig;
  rig.send(kQuery.answer(), 3);
  const Record& r = rig.finish().at(0);
  EXPECT_EQ(r.src(), "10.0.0.1");
  EXPECT_EQ(r.flow.packets, 0U);
  EXPECT_EQ(r.flow.bytes, 0U);
  EXPECT_TRUE(r.has(FieldId::packets));
  EXPECT_EQ(r.flow.time_flow_start_ns, kStart + 3);
  EXPECT_EQ(r.flow.time_flow_end_ns, kStart + 3);
  EXPECT_EQ(r.cold.reverse_packets, 1U);
  EXPECT_EQ(r.cold.reverse_time_flow_start_ns, kStart + 3);
  EXPECT_EQ(r.flow.src_mac, (MacAddress{10, 0, 0, 0, 0, 2}));  // the forward direction's source
  EXPECT_FALSE(r.has(FieldId::ip_ttl));
}

TEST(Meter, SlicesShareTheFlowAndItsDirection) {
  MeterRig rig;
  const Packet data = tcp_packet(kAck);
  rig.send(data.answer(), 0);  // by its ports an answer
  for (unsigned second = 0; second < 130; second += 10) rig.send(data.answer(), second * kSecond);
  Packet syn = data.answer();
  syn.tcp_flags = kSyn;  // says otherwise, but too late
  rig.send(syn, 130 * kSecond);
  rig.finish();
  ASSERT_EQ(rig.records.size(), 3U);
  EXPECT_EQ(rig.records[0].flow.flow_end_reason, 2);
  EXPECT_EQ(rig.records[1].flow.flow_end_reason, 2);
  EXPECT_EQ(rig.records[0].cold.reverse_packets, 7U);
  EXPECT_EQ(rig.records[1].cold.reverse_packets, 6U);
  EXPECT_EQ(rig.records[1].cold.reverse_time_flow_start_ns, kStart + 60 * kSecond);
  EXPECT_EQ(rig.records[2].cold.reverse_packets, 2U);
  for (const Record& r : rig.records) {
    EXPECT_EQ(r.src(), "10.0.0.1");
    EXPECT_EQ(r.cold.flow_id, rig.records[0].cold.flow_id);
  }
  EXPECT_EQ(rig.meter.status().flows_created, 1U);
}

TEST(Meter, ActiveTimeoutIsKeptWithoutAPacket) {
  MeterRig rig({.active_ns = 2 * kSecond, .idle_ns = 15 * kSecond});
  rig.send(tcp_packet(kAck), 0);
  rig.expire(2 * kSecond - 1);
  EXPECT_EQ(rig.so_far().size(), 0U);
  rig.expire(2 * kSecond + 200 * kMs);
  ASSERT_EQ(rig.so_far().size(), 1U);
  EXPECT_EQ(rig.records[0].flow.flow_end_reason, 2);
  rig.send(tcp_packet(kAck), 3 * kSecond);
  rig.expire(5 * kSecond + 200 * kMs);
  EXPECT_EQ(rig.so_far().size(), 2U);
  rig.expire(40 * kSecond);
  EXPECT_EQ(rig.so_far().size(), 2U);  // no packet, no record
  EXPECT_EQ(rig.meter.status().flows_active, 0U);
}

// When a flow of these packets, sent at once, ends, in ns after the last, to within a tick.
std::uint64_t lifetime(const std::vector<Packet>& packets, unsigned* reason = nullptr) {
  MeterRig rig;
  for (const Packet& packet : packets) rig.send(packet, 0);
  for (std::uint64_t at = 0; at < 20 * kSecond; at += 100 * kMs) {
    rig.expire(at);
    if (rig.so_far().empty()) continue;
    if (reason != nullptr) *reason = rig.records[0].flow.flow_end_reason;
    return at / kSecond;
  }
  return 0;
}

TEST(Meter, IdleTimeouts) {
  unsigned reason = 0;
  EXPECT_EQ(lifetime({kQuery}, &reason), 5U);
  EXPECT_EQ(reason, 1U);
  EXPECT_EQ(lifetime({kQuery, kQuery.answer()}), 10U);
  EXPECT_EQ(lifetime({kSynPacket}), 5U);
  EXPECT_EQ(lifetime({tcp_packet(kAck)}), 15U);
  EXPECT_EQ(lifetime({kSynPacket, tcp_packet(kSyn | kAck).answer()}), 15U);
  const Packet fin = tcp_packet(kFin | kAck);
  EXPECT_EQ(lifetime({fin}), 15U);
  EXPECT_EQ(lifetime({fin, fin.answer()}, &reason), 1U);
  EXPECT_EQ(reason, 3U);
  EXPECT_EQ(lifetime({tcp_packet(kAck), tcp_packet(kRst).answer()}, &reason), 1U);
  EXPECT_EQ(reason, 3U);
}

TEST(Meter, PacketAfterTheTimeoutBeginsANewFlow) {
  MeterRig rig;
  rig.send(kQuery, 0);
  rig.send(kQuery, 5 * kSecond - 1);
  rig.send(kQuery, 10 * kSecond - 1);  // nobody called expire()
  ASSERT_EQ(rig.finish().size(), 2U);
  EXPECT_EQ(rig.records[0].flow.packets, 2U);
  EXPECT_EQ(rig.records[1].flow.packets, 1U);
  EXPECT_NE(rig.records[0].cold.flow_id, rig.records[1].cold.flow_id);
  EXPECT_EQ(rig.meter.status().flows_created, 2U);
}

TEST(Meter, ConnectionOnTheSamePortsAfterAClosedOne) {
  MeterRig rig;
  rig.send(kSynPacket, 0);
  rig.send(tcp_packet(kRst | kAck).answer(), kMs);
  rig.send(tcp_packet(kAck), 2 * kMs);  // still the old one's
  rig.send(kSynPacket, 3 * kMs);
  ASSERT_EQ(rig.finish().size(), 2U);
  EXPECT_EQ(rig.records[0].all_packets(), 3U);
  EXPECT_EQ(rig.records[0].flow.flow_end_reason, 3);
  EXPECT_EQ(rig.records[1].all_packets(), 1U);
}

TEST(Meter, TimeThatGoesBack) {
  MeterRig rig;
  rig.send(kQuery, 3600 * kSecond);
  rig.send(kQuery, 0);  // another hour's flow
  rig.send(kQuery, 10 * kMs);
  rig.send(kQuery, 5 * kMs);  // a little back
  rig.expire(6 * kSecond);
  EXPECT_EQ(rig.so_far().size(), 2U);
  EXPECT_EQ(rig.records.at(1).flow.packets, 3U);
  EXPECT_EQ(rig.records.at(1).flow.time_flow_start_ns, kStart);
  EXPECT_EQ(rig.records.at(1).flow.time_flow_end_ns, kStart + 10 * kMs);
}

TEST(Meter, AbsurdStampsBreakNothing) {
  MeterRig rig;
  for (const std::uint64_t time :
       {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{1}, kStart, ~std::uint64_t{0}, kStart})
    rig.send(kQuery, 0, [&](Frame& frame) { frame.time_ns = time; });
  rig.finish();
  std::uint64_t packets = 0;
  for (const Record& r : rig.records) packets += r.flow.packets;
  EXPECT_EQ(packets, 6U);
  EXPECT_TRUE(rig.meter.status().packets.balanced());
}

TEST(Meter, StampsFarFromTheWallClockAreReplaced) {
  MeterRig rig({.max_clock_error_ns = kSecond});
  rig.wall_ns = kStart + 500 * kMs;
  rig.send(kQuery, 0);
  rig.send(kQuery, 9 * kSecond);
  const Record& r = rig.finish().at(0);
  EXPECT_EQ(r.flow.time_flow_start_ns, kStart);
  EXPECT_EQ(r.flow.time_flow_end_ns, kStart + 500 * kMs);
  EXPECT_EQ(rig.meter.status().clock_corrections, 1U);
}

TEST(Meter, SuperPacketsCountAsTheirPackets) {
  MeterRig rig;
  const auto segments_of = [](unsigned size) {
    return [size](Frame& frame) { frame.segment_size = static_cast<std::uint16_t>(size); };
  };
  rig.send(tcp_packet(kAck, 3000), 0, segments_of(1448));  // 1448 + 1448 + 104
  rig.send(tcp_packet(kAck, 2896), 1, segments_of(1448));
  rig.send(tcp_packet(kAck, 100), 2, segments_of(1448));
  rig.send(tcp_packet(kAck, 0), 3, segments_of(1448));
  const Record& r = rig.finish().at(0);
  EXPECT_EQ(r.flow.packets, 3U + 2 + 1 + 1);
  EXPECT_EQ(r.flow.bytes, 3000U + 3 * 40 + 2896 + 2 * 40 + 140 + 40);
  EXPECT_EQ(rig.meter.status().packets.out, 4U);
  EXPECT_EQ(rig.meter.status().wire_packets, 7U);
  EXPECT_EQ(rig.meter.status().bytes, r.flow.bytes);
}

TEST(Meter, SuperPacketOfUdpAndOneWithoutALength) {
  MeterRig rig;
  Packet packet{.src = "2001:db8::1", .dst = "2001:db8::2", .payload = 2500};
  rig.send(packet, 0, [](Frame& frame) { frame.segment_size = 1000; });
  EXPECT_EQ(rig.finish().at(0).flow.packets, 3U);
  EXPECT_EQ(rig.records[0].flow.bytes, 2500U + 3 * 48);

  MeterRig big;
  Buffer frame = tcp_packet(kAck, 70'000).frame();
  frame[16] = frame[17] = 0;  // total length
  big.send_bytes(frame, 0, [](Frame& f) {
    f.captured = 80;
    f.segment_size = 1000;
  });
  EXPECT_EQ(big.finish().at(0).flow.packets, 70U);
  EXPECT_EQ(big.records[0].flow.bytes, 70'000U + 70 * 40);
}

// Each packet on the wire had the headers of both.
TEST(Meter, SuperPacketOfATunnel) {
  const Buffer vxlan = hex("08000000 00002a00") + tcp_packet(kAck, 3000).frame();
  MeterRig rig;
  rig.send_bytes(ethernet(0x0800, ipv4(17, udp(5555, 4789, vxlan))), 0,
                 [](Frame& frame) { frame.segment_size = 1448; });
  const Record& r = rig.finish().at(0);
  EXPECT_EQ(r.flow.packets, 3U);
  EXPECT_EQ(r.flow.bytes, 3000U + 3 * (20 + 8 + 8 + 14 + 20 + 20));
}

TEST(Meter, ExtremesWhenAsked) {
  for (const bool asked : {false, true}) {
    MeterRig rig({.extremes = asked});
    Packet packet = tcp_packet(kAck, 100);
    rig.send(packet, 0);
    packet.ttl = 200;
    packet.payload = 2500;
    rig.send(packet, 1, [](Frame& frame) { frame.segment_size = 1200; });  // 1200, 1200, 100
    packet.ttl = 3;
    packet.payload = 4;
    rig.send(packet, 2);
    rig.send(tcp_packet(kAck, 7).answer(), 3);
    const auto extras = rig.finish().at(0).extras;
    if (!asked) {
      EXPECT_TRUE(extras.empty());
      continue;
    }
    const decltype(extras) expected = {{{0, 25}, 44},     {{0, 26}, 1240},   {{0, 52}, 3},      {{0, 53}, 200},
                                       {{29305, 25}, 47}, {{29305, 26}, 47}, {{29305, 52}, 64}, {{29305, 53}, 64}};
    EXPECT_EQ(extras, expected);
  }
}

TEST(Meter, LaterFragmentsJoinTheFirst) {
  for (const bool v6 : {false, true}) {
    MeterRig rig;
    Packet first{.payload = 1400, .id = 99, .more_fragments = true};
    if (v6) first.src = "2001:db8::1", first.dst = "2001:db8::2";
    Packet later = first;
    later.fragment_offset = 1408;
    later.more_fragments = false;
    rig.send(first, 0);
    rig.send(later, 1);
    ASSERT_EQ(rig.finish().size(), 1U);
    EXPECT_EQ(rig.records[0].flow.packets, 2U);
    EXPECT_EQ(rig.records[0].flow.dst_port, 53);
    EXPECT_EQ(rig.records[0].flow.bytes, first.length() + later.length());
    EXPECT_EQ(rig.meter.status().fragments, 2U);
  }
}

TEST(Meter, FragmentsBeforeTheirFirstWait) {
  MeterRig rig;
  const Packet first{.payload = 1400, .id = 99, .more_fragments = true};
  Packet later = first;
  later.fragment_offset = 1408;
  rig.send(later, 0);
  EXPECT_EQ(rig.meter.status().packets.held, 1U);
  EXPECT_TRUE(rig.meter.status().packets.balanced());
  rig.send(first, kMs);
  EXPECT_EQ(rig.meter.status().packets.held, 0U);
  ASSERT_EQ(rig.finish().size(), 1U);
  EXPECT_EQ(rig.records[0].flow.packets, 2U);
  EXPECT_EQ(rig.records[0].flow.dst_port, 53);
  EXPECT_EQ(rig.records[0].flow.time_flow_start_ns, kStart);
}

TEST(Meter, FragmentsWithoutAFirstAreMeteredWithoutPorts) {
  const Packet later{.id = 5, .fragment_offset = 64};
  MeterRig timed_out;
  timed_out.send(later, 0);
  timed_out.expire(1999 * kMs);
  EXPECT_EQ(timed_out.meter.status().packets.held, 1U);
  timed_out.expire(2 * kSecond);
  EXPECT_EQ(timed_out.meter.status().packets.held, 0U);
  EXPECT_EQ(timed_out.meter.status().packets.out, 1U);
  MeterRig finished;
  finished.send(later, 0);
  for (MeterRig* rig : {&timed_out, &finished}) {
    ASSERT_EQ(rig->finish().size(), 1U);
    EXPECT_FALSE(rig->records[0].has(FieldId::src_port));
    EXPECT_EQ(rig->records[0].flow.packets, 1U);
    EXPECT_EQ(rig->records[0].flow.src_mac, (MacAddress{10, 0, 0, 0, 0, 1}));
  }
}

TEST(Meter, WaitingFragmentsAreBounded) {
  MeterRig rig;
  for (unsigned i = 0; i < 40'000; ++i) {
    Packet later{.id = i & 0xffff, .fragment_offset = 64};
    later.src = "10." + std::to_string(i >> 16) + ".3.4";
    rig.send(later, i);
  }
  const MeterStatus status = rig.meter.status();
  EXPECT_EQ(status.packets.held, 4096U);
  EXPECT_TRUE(status.packets.balanced());
  std::uint64_t packets = 0;
  for (const Record& r : rig.finish()) packets += r.flow.packets;
  EXPECT_EQ(packets, 40'000U);
}

TEST(Meter, DropsAreCountedByReason) {
  MeterRig rig;
  const auto plain = [](Frame&) {};
  rig.send_bytes(ethernet(0x0806, Buffer(28, 0)), 0, plain);
  rig.send_bytes(ethernet(0x0800, hex("4500 0020 0000")), 0, plain);
  rig.send_bytes(ethernet(0x0800, hex("4200 0020") + Buffer(16, 0)), 0, plain);
  rig.send_bytes(Buffer(60, 0), 0, [](Frame& frame) { frame.link_type = static_cast<LinkType>(999); });
  Buffer tags;
  for (int i = 0; i < 40; ++i) tags = tags + hex("0001 8100");
  rig.send_bytes(ethernet(0x8100, tags), 0, plain);
  EXPECT_EQ(dropped(rig, PacketDrop::kNotIp), 1U);
  EXPECT_EQ(dropped(rig, PacketDrop::kTruncated), 1U);
  EXPECT_EQ(dropped(rig, PacketDrop::kMalformed), 1U);
  EXPECT_EQ(dropped(rig, PacketDrop::kUnknownLinkType), 1U);
  EXPECT_EQ(dropped(rig, PacketDrop::kTooManyLayers), 1U);
  EXPECT_EQ(rig.meter.status().packets.in, 5U);
  EXPECT_TRUE(rig.meter.status().packets.balanced());
  EXPECT_TRUE(rig.finish().empty());
}

TEST(Meter, PacketWithADamagedTransportHeaderIsStillAPacket) {
  MeterRig rig;
  Buffer frame = tcp_packet(kAck).frame();
  frame[14 + 20 + 12] = 0x10;  // a header of four bytes
  rig.send_bytes(frame, 0, [](Frame&) {});
  EXPECT_EQ(rig.finish().at(0).flow.bytes, 50U);
  EXPECT_EQ(rig.records[0].flow.dst_port, 443);
  EXPECT_EQ(rig.meter.status().incomplete, 1U);
}

TEST(Meter, InsideTunnelsWhenAsked) {
  const Buffer inner = Packet{.src = "192.168.0.1", .dst = "192.168.0.2"}.frame();
  Buffer vxlan = hex("08000000 00002a00") + inner;
  const Buffer frame = ethernet(0x0800, ipv4(17, udp(5555, 4789, vxlan)));
  for (const bool inside : {false, true}) {
    MeterRig rig({.inside_tunnels = inside});
    rig.send_bytes(frame, 0, [](Frame&) {});
    EXPECT_EQ(rig.finish().at(0).src(), inside ? "192.168.0.1" : "192.0.2.1");
    EXPECT_EQ(rig.records[0].flow.bytes, inside ? 38U : frame.size() - 14);
  }
}

TEST(Meter, DuplicatesWithinASecond) {
  MeterRig rig({.drop_duplicates = true});
  Packet packet = kQuery;
  rig.send(packet, 0);
  packet.ttl = 63;  // the copy behind the router
  rig.send(packet, 10 * kMs);
  packet.id = 2;  // a retransmission
  rig.send(packet, 20 * kMs);
  packet.id = 1;
  packet.fill = 1;  // another payload
  rig.send(packet, 30 * kMs);
  packet.fill = 0;
  rig.send(packet, kSecond + 10 * kMs);  // too late for a copy
  EXPECT_EQ(rig.finish().at(0).flow.packets, 4U);
  EXPECT_EQ(dropped(rig, PacketDrop::kDuplicate), 1U);
}

TEST(Meter, DuplicatesAreKeptByDefault) {
  MeterRig rig;
  rig.send(kQuery, 0);
  rig.send(kQuery, 0);
  EXPECT_EQ(rig.finish().at(0).flow.packets, 2U);
}

TEST(Meter, DeterministicSamplingTakesEveryNth) {
  MeterRig rig({.packet_sampling = 10});
  for (unsigned i = 0; i < 105; ++i) rig.send(kQuery, i);
  const Record& r = rig.finish().at(0);
  EXPECT_EQ(r.flow.packets, 10U);
  EXPECT_EQ(r.flow.sampling_rate, 10U);
  EXPECT_EQ(dropped(rig, PacketDrop::kNotSampled), 95U);
  EXPECT_TRUE(rig.meter.status().packets.balanced());
}

TEST(Meter, RandomSamplingTakesAboutOneOfN) {
  MeterRig rig({.packet_sampling = 4, .packet_sampling_mode = PacketSampling::kRandom});
  const Buffer frame = kQuery.frame();
  for (unsigned i = 0; i < 40'000; ++i) rig.send_bytes(frame, i, [](Frame&) {});
  EXPECT_NEAR(static_cast<double>(rig.finish().at(0).flow.packets), 10'000, 700);  // eight standard deviations
}

TEST(Meter, FlowSamplingTakesWholeFlows) {
  MeterRig rig({.packet_sampling = 2, .flow_sampling = 4});
  Packet packet = kQuery;
  for (unsigned flow = 0; flow < 4000; ++flow) {
    packet.src_port = static_cast<std::uint16_t>(10'000 + flow);
    for (unsigned i = 0; i < 6; ++i) rig.send(i % 4 < 2 ? packet : packet.answer(), flow);
  }
  rig.finish();
  EXPECT_NEAR(static_cast<double>(rig.records.size()), 1000, 220);  // eight standard deviations
  for (const Record& r : rig.records) {
    EXPECT_EQ(r.all_packets(), 3U);
    EXPECT_EQ(r.flow.sampling_rate, 8U);
  }
  EXPECT_TRUE(rig.meter.status().packets.balanced());
}

// flow_direction of a flow that began with `packet`, or nothing.
std::optional<unsigned> direction(const MeterOptions& options, const Packet& packet, PacketDirection seen) {
  MeterRig rig(options);
  rig.meter.set_interface_name(3, "eth0");
  rig.send(packet, 0, [&](Frame& frame) { frame.direction = seen; });
  const Record& r = rig.finish().at(0);
  if (!r.has(FieldId::flow_direction)) return std::nullopt;
  const bool out = r.flow.flow_direction == 1;
  EXPECT_EQ(out ? r.flow.out_if : r.flow.in_if, 3U);
  EXPECT_EQ(r.has(FieldId::in_if), !out);
  EXPECT_EQ(r.has(FieldId::out_if), out);
  EXPECT_EQ(out ? r.out_if_name : r.in_if_name, "eth0");
  return r.flow.flow_direction;
}

TEST(Meter, DirectionIsTheForwardDirections) {
  EXPECT_EQ(direction({}, kQuery, PacketDirection::kIn), 0U);
  EXPECT_EQ(direction({}, kQuery, PacketDirection::kOut), 1U);
  EXPECT_EQ(direction({}, kQuery.answer(), PacketDirection::kIn), 1U);  // who asked is inside
  EXPECT_EQ(direction({}, kQuery.answer(), PacketDirection::kOut), 0U);
  EXPECT_EQ(direction({}, kQuery, PacketDirection::kUnknown), std::nullopt);
}

TEST(Meter, DirectionByPrefixes) {
  const MeterOptions local{.local_nets = {*Prefix::parse("10.0.0.2/32")}};
  EXPECT_EQ(direction(local, kQuery, PacketDirection::kUnknown), 0U);
  EXPECT_EQ(direction(local, kQuery, PacketDirection::kOut), 0U);  // they count before what the frame says
  EXPECT_EQ(direction({.local_nets = {*Prefix::parse("10.0.0.1/32")}}, kQuery, PacketDirection::kUnknown), 1U);
  EXPECT_EQ(direction({.local_nets = {*Prefix::parse("10.0.0.0/24")}}, kQuery, PacketDirection::kUnknown),
            std::nullopt);
  const MeterOptions own{.own_nets = {*Prefix::parse("10.0.0.2/32")}};
  EXPECT_EQ(direction(own, kQuery, PacketDirection::kUnknown), 0U);
  EXPECT_EQ(direction(own, kQuery, PacketDirection::kOut), 1U);
}

TEST(Meter, FullTableEndsTheLeastUsefulFlows) {
  MeterRig rig({.max_flows = 160});
  Packet packet = kQuery;
  const auto port = [&](unsigned n) { packet.src_port = static_cast<std::uint16_t>(n); };
  for (unsigned n = 0; n < 80; ++n) {  // answered
    port(10'000 + n);
    rig.send(packet, n);
    rig.send(packet.answer(), n);
  }
  for (unsigned n = 0; n < 80; ++n) {  // unanswered, later
    port(20'000 + n);
    rig.send(packet, 1000 + n);
  }
  EXPECT_EQ(rig.meter.status().emergencies, 0U);
  for (unsigned n = 0; n < 50; ++n) {
    port(30'000 + n);
    rig.send(packet, 2000 + n);
    rig.send(packet.answer(), 2000 + n);
  }
  const MeterStatus status = rig.meter.status();
  EXPECT_EQ(status.emergencies, 5U);
  EXPECT_EQ(status.records[static_cast<std::size_t>(FlowEnd::kTableFull)], 50U);
  EXPECT_EQ(status.flows_active, 160U);
  EXPECT_EQ(status.flows_created, 210U);
  for (const Record& r : rig.so_far()) {
    EXPECT_GE(r.flow.src_port, 20'000);  // the oldest fifty of the unanswered
    EXPECT_LT(r.flow.src_port, 20'050);
    EXPECT_EQ(r.flow.flow_end_reason, 5);
  }
  // With no unanswered ones left the longest silent go.
  for (unsigned n = 0; n < 40; ++n) {
    port(40'000 + n);
    rig.send(packet, 3000 + n);
    rig.send(packet.answer(), 3000 + n);
  }
  rig.so_far();
  EXPECT_EQ(rig.records.size(), 90U);
  for (std::size_t i = 80; i < 90; ++i) EXPECT_LT(rig.records[i].flow.src_port, 10'010);
  rig.finish();
  EXPECT_EQ(rig.records.size(), 250U);
}

TEST(Meter, TableOfOneFlow) {
  MeterRig rig({.max_flows = 1});
  Packet packet = kQuery;
  for (std::uint16_t n = 0; n < 100; ++n) {
    packet.src_port = static_cast<std::uint16_t>(1000 + n);
    rig.send(packet, n);
  }
  EXPECT_EQ(rig.finish().size(), 100U);
}

TEST(Meter, FinishLeavesAnEmptyMeterThatGoesOn) {
  MeterRig rig;
  rig.send(kQuery, 0);
  rig.finish();
  rig.finish();
  EXPECT_EQ(rig.records.size(), 1U);
  rig.send(kQuery, 1);
  EXPECT_EQ(rig.finish().size(), 2U);
}

TEST(Meter, FlowIdsDifferBetweenMeters) {
  MeterRig one, other;
  one.send(kQuery, 0);
  other.send(kQuery, 0);
  EXPECT_NE(one.finish().at(0).cold.flow_id, other.finish().at(0).cold.flow_id);
  EXPECT_LT(other.records[0].cold.flow_id, std::uint64_t{1} << 53);
}

TEST(Meter, OptionsOutsideTheirLimits) {
  EXPECT_THROW(MeterRig({.max_flows = 0}), std::invalid_argument);
  EXPECT_THROW(MeterRig({.max_flows = std::size_t{1} << 40}), std::invalid_argument);
  EXPECT_THROW(MeterRig({.idle_ns = 0}), std::invalid_argument);
  EXPECT_THROW(MeterRig({.packet_sampling = 0}), std::invalid_argument);
  EXPECT_THROW(MeterRig({.packet_sampling = 100'000, .flow_sampling = 100'000}), std::invalid_argument);
}

TEST(FlowEntry, HashesOfKeysThatAttackersWouldChoose) {
  // Words that make the constants in the hash vanish must not make it one value.
  std::set<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    FlowKey key{};
    key.a[0] = i;
    key.a[1] = 0xa0761d6478bd642fULL;
    key.b[0] = 0xe7037ed1a0b428dbULL;
    key.b[1] = 0x8ebc6af09c88c6e3ULL;
    key.rest = 1;
    hashes.insert(key.hash());
  }
  EXPECT_EQ(hashes.size(), 1000U);
}

}  // namespace
}  // namespace weir
