// Metering a part: sampling of packets and flows; and the direction of what is metered.
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "tests/exporter/metering_packets.h"

namespace weir {
namespace {

using namespace test;

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

}  // namespace
}  // namespace weir
