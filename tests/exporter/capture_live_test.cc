// What live capture sees of packets. Needs root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>

#include "base/clock.h"
#include "tests/exporter/capture_live_rig.h"

namespace weir {
namespace {

using test::be16;
using test::Buffer;
using test::count;
using test::ethernet;
using test::FrameSender;
using test::LiveCaptureTest;
using test::udp_frame;
using test::operator+;

TEST_F(LiveCaptureTest, SeesBothDirectionsExactly) {
  test::add_cable("a", "b");
  open(options({"a"}));
  const std::uint64_t before = wall_time_ns();
  const Buffer frame = udp_frame(1000, 7);
  FrameSender("a").send(frame, 100);
  Buffer inwards = frame;
  inwards[5] = 1;  // to a's address
  inwards[0] = 2, inwards[1] = inwards[2] = inwards[3] = inwards[4] = 0;
  FrameSender("b").send(inwards, 150);
  const auto seen = take(250);
  EXPECT_EQ(seen.size(), 250U);
  EXPECT_EQ(count(seen, PacketDirection::kOut), 100U);
  EXPECT_EQ(count(seen, PacketDirection::kIn), 150U);
  for (const auto& [each, bytes] : seen) {
    EXPECT_EQ(bytes, each.direction == PacketDirection::kOut ? frame : inwards);
    EXPECT_EQ(each.wire_length, frame.size());
    EXPECT_EQ(each.interface, ::if_nametoindex("a"));
    EXPECT_EQ(each.link_type, LinkType::kEthernet);
    EXPECT_EQ(each.segment_size, 0U);
    EXPECT_FALSE(each.has_vlan);
    EXPECT_GE(each.time_ns, before);
    EXPECT_LE(each.time_ns, wall_time_ns());
  }
  const auto now = status("a");
  EXPECT_TRUE(now.up);
  EXPECT_EQ(now.stats.packets.in, 250U);
  EXPECT_EQ(now.stats.packets.out, 250U);
  EXPECT_EQ(now.last_error, "");
  EXPECT_EQ(now.offloads, "");
}

TEST_F(LiveCaptureTest, CutsAtSnaplenAndTellsTheWireLength) {
  test::add_cable("a", "b");
  auto cut = options({"a"});
  cut.snaplen = 100;
  open(cut);
  const Buffer frame = ethernet(0x0800, test::ipv4(17, test::udp(1, 2, Buffer(1000))));
  FrameSender("b").send(frame);
  const auto seen = take(1);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].frame.captured, 100U);
  EXPECT_EQ(seen[0].frame.wire_length, frame.size());
}

TEST_F(LiveCaptureTest, FiltersByDefaultForIp) {
  test::add_cable("a", "b");
  open(options({"a"}));
  FrameSender sender("b");
  sender.send(ethernet(0x0806, Buffer(46)), 10);
  sender.send(ethernet(0x88cc, Buffer(46)), 10);
  sender.send(ethernet(0x86dd, test::ipv6(17, test::udp(1, 2, {}))), 3);
  sender.send(udp_frame(1, 2));
  EXPECT_EQ(take(4).size(), 4U);
  EXPECT_EQ(take_all().size(), 0U);
  EXPECT_EQ(status("a").stats.packets.in, 4U);
}

TEST_F(LiveCaptureTest, FiltersAsAsked) {
  test::add_cable("a", "b");
  auto filtered = options({"a"});
  filtered.filter = "udp port 7";
  open(filtered);
  FrameSender sender("b");
  sender.send(udp_frame(1000, 8), 10);
  sender.send(udp_frame(1000, 7), 5);
  EXPECT_EQ(take(5).size(), 5U);
  EXPECT_EQ(status("a").stats.packets.in, 5U);
}

TEST_F(LiveCaptureTest, TellsTheTagThatTheKernelTookOff) {
  test::add_cable("a", "b");
  open(options({"a"}));
  const Buffer packet = be16(0x0800) + test::ipv4(17, test::udp(1, 2, Buffer(30)));
  FrameSender("b").send(ethernet(0x8100, be16(0x6005) + packet));
  FrameSender("b").send(ethernet(0x88a8, be16(0x0007) + be16(0x8100) + be16(0x0008) + packet));
  FrameSender("a").send(ethernet(0x8100, be16(0x0009) + packet));
  const auto seen = take(3);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(seen[0].frame.has_vlan);
  EXPECT_EQ(seen[0].frame.vlan_tci, 0x6005U);
  EXPECT_EQ(Buffer(seen[0].bytes.begin() + 12, seen[0].bytes.begin() + 14), be16(0x0800));
  EXPECT_TRUE(seen[1].frame.has_vlan);
  EXPECT_EQ(seen[1].frame.vlan_tci, 7U);
  EXPECT_EQ(Buffer(seen[1].bytes.begin() + 12, seen[1].bytes.begin() + 16), be16(0x8100) + be16(8));
  // A packet socket's own frame goes out with the tag in it.
  EXPECT_FALSE(seen[2].frame.has_vlan);
  EXPECT_EQ(Buffer(seen[2].bytes.begin() + 12, seen[2].bytes.begin() + 16), be16(0x8100) + be16(9));
}

TEST_F(LiveCaptureTest, VlanInAFilterMeansAlsoTagsTakenOff) {
  test::add_cable("a", "b");
  auto filtered = options({"a"});
  filtered.filter = "vlan 5 and udp port 7";
  open(filtered);
  const Buffer packet = be16(0x0800) + test::ipv4(17, test::udp(1, 7, Buffer(30)));
  FrameSender("b").send(udp_frame(1, 7));
  FrameSender("b").send(ethernet(0x8100, be16(6) + packet));
  FrameSender("b").send(ethernet(0x8100, be16(5) + packet));
  const auto seen = take(1);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].frame.vlan_tci, 5U);
  EXPECT_EQ(status("a").stats.packets.in, 1U);
}

TEST_F(LiveCaptureTest, TheLoopbackCountsOnce) {
  open(options({"lo"}));
  FrameSender("lo").send(udp_frame(1000, 7), 20);
  const auto seen = take(20);
  EXPECT_EQ(seen.size(), 20U);
  EXPECT_EQ(take_all().size(), 0U);
  EXPECT_EQ(status("lo").stats.packets.in, 20U);
}

TEST_F(LiveCaptureTest, TunnelsGiveRawIp) {
  const test::TunInterface tun("tun7", ARPHRD_NONE);
  open(options({"tun7"}));
  const Buffer packet = test::ipv4(17, test::udp(1, 2, Buffer(30)));
  tun.arrive(packet);
  tun.arrive(test::ipv6(17, test::udp(1, 2, Buffer(30))));
  const auto seen = take(2);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].frame.link_type, LinkType::kRaw);
  EXPECT_EQ(seen[0].frame.direction, PacketDirection::kIn);
  EXPECT_EQ(seen[0].bytes, packet);
  EXPECT_EQ(seen[0].frame.wire_length, packet.size());
  EXPECT_EQ(status("tun7").link_type, LinkType::kRaw);
}

TEST_F(LiveCaptureTest, AnUnknownLinkTypeIsAClearError) {
  const test::TunInterface tun("tun7", ARPHRD_IEEE802154);
  const auto opened = LiveCapture::open(options({"tun7"}));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::AllOf(testing::HasSubstr("tun7"), testing::HasSubstr("802.15.4 (804)")));
  open(options({"any"}));
  EXPECT_THAT(status("tun7").last_error, testing::HasSubstr("802.15.4 (804)"));
  EXPECT_EQ(status("lo").last_error, "");
}

TEST_F(LiveCaptureTest, ErrorsSayWhatToDo) {
  test::add_cable("a", "b");
  const auto none = LiveCapture::open(options({"eth7", "eth8"}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "there is no interface eth7; there are: lo, b, a");
  auto filtered = options({"a"});
  filtered.filter = "port port";
  const auto bad = LiveCapture::open(filtered);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, testing::HasSubstr("syntax error"));
  auto shape = options({"a"});
  shape.block_size = 1000;
  EXPECT_FALSE(LiveCapture::open(shape));
}

}  // namespace
}  // namespace weir
