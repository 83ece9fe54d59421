// Packets that are not counted, or differently when asked: drops, tunnels, duplicates.
#include <gtest/gtest.h>

#include "tests/exporter/metering_packets.h"

namespace weir {
namespace {

using namespace test;

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

}  // namespace
}  // namespace weir
