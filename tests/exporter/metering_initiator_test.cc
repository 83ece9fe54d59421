// Who began a flow, and which way its records go.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/exporter/metering_packets.h"

namespace weir {
namespace {

using namespace test;

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

}  // namespace
}  // namespace weir
