// The meter while somebody watches: what it tells from look to look is exactly what came, whatever flows ended between.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "tests/exporter/metering_rig.h"

namespace weir::test {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

// Source, destination, ports → packets and bytes.
using Carried = std::map<std::tuple<std::string, std::uint16_t, std::string, std::uint16_t>,
                         std::pair<std::uint64_t, std::uint64_t>>;

void add(Carried& carried, const std::vector<Talk>& talks) {
  for (const Talk& talk : talks) {
    auto& [packets, bytes] = carried[{IpAddress{talk.src, talk.family}.to_string(), talk.src_port,
                                      IpAddress{talk.dst, talk.family}.to_string(), talk.dst_port}];
    packets += talk.amount.packets;
    bytes += talk.amount.bytes;
  }
}

void look_at_all(Meter& meter) {
  while (meter.look()) continue;
}

class Watched : public testing::TestWithParam<unsigned> {};

TEST_P(Watched, TellsEveryPacketOnce) {
  std::mt19937 random(GetParam());
  MeterOptions options;
  options.max_flows = 64;  // some are ended because the table is full
  options.active_ns = 700 * kMs;
  options.idle_ns = options.udp_idle_ns = options.unanswered_idle_ns = 150 * kMs;
  MeterRig rig(options);
  Carried sent, told;
  bool counts = false;
  std::uint64_t now = 0;
  for (unsigned i = 0; i < 4000; ++i) {
    now += random() % 4 * kMs;
    Packet packet;
    packet.src = "10.0.0." + std::to_string(1 + random() % 9);
    packet.src_port = static_cast<std::uint16_t>(40000 + random() % 20);
    packet.dst_port = 443;
    packet.proto = random() % 2 == 0 ? kTcpProto : kUdpProto;
    packet.tcp_flags = random() % 10 == 0 ? kFin | kAck : random() % 20 == 0 ? kSyn : kAck;
    packet.payload = random() % 500;
    if (random() % 3 == 0) packet = packet.answer();
    rig.send(packet, now);
    if (counts) {
      auto& [packets, bytes] = sent[{packet.src, packet.src_port, packet.dst, packet.dst_port}];
      ++packets;
      bytes += packet.length();
    }
    if (i == 1000) {
      rig.meter.watch(true);
      look_at_all(rig.meter);
      EXPECT_TRUE(rig.meter.take_talks().empty()) << "what was there before the first look";
      counts = true;
    }
    if (counts && random() % 50 == 0) look_at_all(rig.meter);
    if (counts && random() % 70 == 0) add(told, rig.meter.take_talks());
  }
  rig.finish();  // writes all slices
  add(told, rig.meter.take_talks());
  EXPECT_EQ(told, sent);
  EXPECT_GT(rig.meter.status().emergencies, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Watched, testing::Range(1U, 9U));

TEST(WatchedMeter, LooksAreBounded) {
  MeterRig rig;
  for (std::uint16_t port = 1; port <= 5000; ++port) rig.send({.src_port = port}, 0);
  rig.meter.watch(true);
  EXPECT_TRUE(rig.meter.look());
  EXPECT_FALSE(rig.meter.look());
  rig.send({.src_port = 1}, 1);
  rig.send({.src_port = 5000}, 2);
  EXPECT_TRUE(rig.meter.look());
  EXPECT_EQ(rig.meter.take_talks().size(), 1U);
  EXPECT_FALSE(rig.meter.look());
  EXPECT_EQ(rig.meter.take_talks().size(), 1U);
}

TEST(WatchedMeter, ScaledBySamplingWithTheRespondersPort) {
  MeterOptions options;
  options.packet_sampling = 10;
  MeterRig rig(options);
  rig.meter.watch(true);
  look_at_all(rig.meter);
  const Packet packet{.src_port = 52, .dst_port = 8443, .proto = kTcpProto, .tcp_flags = kSyn};
  for (unsigned i = 0; i < 20; ++i) rig.send(packet, i);
  look_at_all(rig.meter);
  const std::vector<Talk> talks = rig.meter.take_talks();
  ASSERT_EQ(talks.size(), 1U);
  EXPECT_EQ(talks[0].service_port, 8443);
  EXPECT_EQ(talks[0].amount.packets, 20U);
  EXPECT_EQ(talks[0].amount.bytes, 20 * packet.length());
}

TEST(WatchedMeter, BeginsAnewWhenWatchedAgain) {
  MeterRig rig;
  rig.meter.watch(true);
  look_at_all(rig.meter);
  rig.send({}, 0);
  rig.meter.watch(false);
  rig.send({}, 1);
  rig.meter.watch(true);
  look_at_all(rig.meter);
  rig.send({}, 2);
  look_at_all(rig.meter);
  const std::vector<Talk> talks = rig.meter.take_talks();
  ASSERT_EQ(talks.size(), 1U);
  EXPECT_EQ(talks[0].amount.packets, 1U);
}

TEST(WatchedMeter, CountsByProtocol) {
  MeterRig rig;
  rig.send({.proto = kUdpProto, .payload = 72}, 0);
  rig.send({.proto = kUdpProto, .payload = 72}, 1);
  rig.send({.src = "2001:db8::1", .dst = "2001:db8::2", .proto = kIcmpv6Proto, .payload = 16, .icmp_type = 128}, 2);
  rig.send({.proto = 89, .payload = 30}, 3);
  const ProtocolSums& sums = rig.meter.protocols();
  const auto of = [&](LiveProtocol protocol) {
    const ProtocolSum& sum = sums[static_cast<std::size_t>(protocol)];
    return std::tuple(sum.traffic.packets, sum.traffic.bytes, sum.flows);
  };
  EXPECT_EQ(of(LiveProtocol::kUdp), std::tuple(2U, 200U, 1U));
  EXPECT_EQ(of(LiveProtocol::kIcmpv6), std::tuple(1U, 40U + 4 + 16, 1U));
  EXPECT_EQ(of(LiveProtocol::kOther), std::tuple(1U, 50U, 1U));
  EXPECT_EQ(rig.meter.status().bytes, 310U);
  EXPECT_EQ(rig.meter.status().wire_packets, 4U);
}

}  // namespace
}  // namespace weir::test
