// When flows end, and stamps that no clock gives.
#include <gtest/gtest.h>

#include <vector>

#include "tests/exporter/metering_packets.h"

namespace weir {
namespace {

using namespace test;

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

}  // namespace
}  // namespace weir
