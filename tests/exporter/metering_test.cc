// Which flow packets are counted in, and what its record says.
#include <gtest/gtest.h>

#include "tests/exporter/metering_packets.h"

namespace weir {
namespace {

using namespace test;

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

}  // namespace
}  // namespace weir
