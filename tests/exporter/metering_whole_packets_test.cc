// Packets that are several, or parts of one: super-packets and fragments.
#include <gtest/gtest.h>

#include "tests/exporter/metering_packets.h"

namespace weir {
namespace {

using namespace test;

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

}  // namespace
}  // namespace weir
