// The flow table: full, emptied, and under attack.
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "exporter/metering/flow_entry.h"
#include "tests/exporter/metering_packets.h"

namespace weir {
namespace {

using namespace test;

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
