// NetFlow v1, v5 and v7.
#include "tests/codecs/decoder_fixture.h"

namespace weir::test {
namespace {

class NetflowFixed : public DecoderTest {};

TEST_F(NetflowFixed, V5GivesEveryField) {
  feed(v5(7, 1, v5_record()));
  const auto seen = flows();
  ASSERT_EQ(seen.size(), 1U);
  const Seen& flow = seen[0];
  EXPECT_EQ(flow.src(), "10.0.0.1");
  EXPECT_EQ(flow.dst(), "10.0.0.2");
  EXPECT_EQ(IpAddress::v4(flow->next_hop.data()).to_string(), "10.0.0.254");
  EXPECT_EQ(flow->in_if, 3U);
  EXPECT_EQ(flow->out_if, 4U);
  EXPECT_EQ(flow->packets, 10U);
  EXPECT_EQ(flow->bytes, 1000U);
  EXPECT_EQ(flow->src_port, 1111);
  EXPECT_EQ(flow->dst_port, 80);
  EXPECT_EQ(flow->tcp_flags, 0x12);
  EXPECT_EQ(flow->proto, 6);
  EXPECT_EQ(flow->ip_tos, 0x20);
  EXPECT_EQ(flow->src_as, 64500U);
  EXPECT_EQ(flow->dst_as, 64501U);
  EXPECT_EQ(flow->src_mask, 24);
  EXPECT_EQ(flow->dst_mask, 16);
  EXPECT_EQ(flow->etype, 0x0800);
  EXPECT_FALSE(flow.has(FieldId::sampling_rate));
  EXPECT_FALSE(flow.has(FieldId::icmp_type));
  // 10 s and 0.5 s before the header's 1700000000.250.
  EXPECT_EQ(flow->time_flow_start_ns, kExportTime * kSecond + 250'000'000 - 10 * kSecond);
  EXPECT_EQ(flow->time_flow_end_ns, kExportTime * kSecond + 250'000'000 - 500'000'000);
  const Origin& origin = flow.batch->origin(*flow.flow);
  EXPECT_EQ(origin.protocol, FlowProtocol::kNetflowV5);
  EXPECT_EQ(origin.sequence_num, 7U);
  EXPECT_EQ(origin.observation_domain_id, 0x0102U);
  EXPECT_EQ(origin.time_received_ns, kReceived);
  EXPECT_EQ((IpAddress{origin.sampler_address, origin.sampler_address_family}.to_string()), "192.0.2.1");
}

TEST_F(NetflowFixed, V5SamplingCountsWhateverTheModeSays) {
  feed(v5(0, 1, v5_record(), 100));                // mode 0
  feed(v5(1, 1, v5_record(), (1U << 14) | 1000));  // mode 1
  EXPECT_EQ(flows()[0]->sampling_rate, 100U);
  EXPECT_EQ(flows()[1]->sampling_rate, 1000U);
}

TEST_F(NetflowFixed, V5IcmpTypeAndCodeStandInThePort) {
  feed(v5(0, 1, v5_record("10.0.0.1", "10.0.0.2", 1, 3 * 256 + 4)));
  EXPECT_EQ(flows()[0]->icmp_type, 3);
  EXPECT_EQ(flows()[0]->icmp_code, 4);
  EXPECT_EQ(flows()[0]->dst_port, 3 * 256 + 4);
}

TEST_F(NetflowFixed, V5CountBeyondTheLengthGivesTheRecordsThatAreThere) {
  feed(v5(0, 55582, v5_record() + v5_record()));
  EXPECT_EQ(flows().size(), 2U);
  EXPECT_EQ(stats().records_missing, 55580U);
  EXPECT_EQ(dropped(SetDrop::kMalformed), 1U);
}

TEST_F(NetflowFixed, V5CountBelowTheLengthLeavesTheRest) {
  feed(v5(0, 1, v5_record() + v5_record()));
  EXPECT_EQ(flows().size(), 1U);
  EXPECT_EQ(stats().sets.out, 1U);
}

TEST_F(NetflowFixed, V5CountMayExceedThirty) {
  Octets records;
  for (int i = 0; i < 40; ++i) records += v5_record();
  feed(v5(0, 40, records));
  EXPECT_EQ(flows().size(), 40U);
}

TEST_F(NetflowFixed, V5AllZeroRecordIsAFlow) {
  feed(v5(0, 1, Octets().zeros(48)));
  ASSERT_EQ(flows().size(), 1U);
  EXPECT_EQ(flows()[0].src(), "0.0.0.0");
  EXPECT_TRUE(flows()[0].has(FieldId::bytes));
  EXPECT_EQ(flows()[0]->bytes, 0U);
}

TEST_F(NetflowFixed, SysUptimeWrapsBetweenFlowAndHeader) {
  Octets record = v5_record();
  for (const std::size_t at : {24U, 25U, 26U, 27U}) record.set(at, 0xff);  // first: 1 ms before the wrap
  Octets message = v5(0, 1, record);
  for (const std::size_t at : {4U, 5U, 6U}) message.set(at, 0);  // sysUpTime: 9 ms after it
  message.set(7, 9);
  feed(message);
  EXPECT_EQ(flows()[0]->time_flow_start_ns, kExportTime * kSecond + 250'000'000 - 10'000'000);
}

TEST_F(NetflowFixed, V5CutAnywhereGivesWholeRecordsOnly) {
  const Octets whole = v5(0, 3, v5_record() + v5_record() + v5_record());
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Octets cut = whole;
    cut.resize(length);
    const std::size_t before = flows().size();
    feed(cut);
    EXPECT_EQ(flows().size() - before, length < 24 ? 0 : (length - 24) / 48) << length;
  }
  EXPECT_EQ(decoder_.messages().dropped_for(MessageDrop::kTooShort), 24U);
}

TEST_F(NetflowFixed, V1) {
  feed(Octets()
           .u16(1)
           .u16(1)
           .u32(1'000'000)
           .u32(kExportTime)
           .u32(0)
           .ip("10.0.0.1")
           .ip("10.0.0.2")
           .ip("0.0.0.0")
           .u16(1)
           .u16(2) +
       Octets().u32(5).u32(500).u32(990'000).u32(1'000'000).u16(53).u16(1024).u16(0).u8(17).u8(4).u8(0x1b).zeros(7));
  const auto seen = flows();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0]->packets, 5U);
  EXPECT_EQ(seen[0]->src_port, 53);
  EXPECT_EQ(seen[0]->proto, 17);
  EXPECT_EQ(seen[0]->ip_tos, 4);
  EXPECT_EQ(seen[0]->tcp_flags, 0x1b);
  EXPECT_FALSE(seen[0].has(FieldId::src_as));
  EXPECT_EQ(seen[0]->time_flow_end_ns, kExportTime * kSecond);
}

TEST_F(NetflowFixed, V7) {
  const Octets header = Octets().u16(7).u16(1).u32(1'000'000).u32(kExportTime).u32(0).u32(9).u32(0);
  feed(header + v5_record() + Octets().ip("10.0.0.9"));
  ASSERT_EQ(flows().size(), 1U);
  EXPECT_EQ(flows()[0]->dst_as, 64501U);
  EXPECT_EQ(flows()[0].batch->origin(*flows()[0].flow).protocol, FlowProtocol::kNetflowV7);
  feed(header + Octets().u32(0) + v5_record() + Octets().ip("10.0.0.9"));  // its records are elsewhere
  EXPECT_EQ(flows().size(), 1U);
  EXPECT_EQ(dropped(SetDrop::kMalformed), 1U);
}

TEST_F(NetflowFixed, UnknownVersionsAreCounted) {
  feed(Octets().u16(6).zeros(40));
  feed(Octets().u8(5));
  EXPECT_EQ(decoder_.messages().dropped_for(MessageDrop::kUnknownVersion), 1U);
  EXPECT_EQ(decoder_.messages().dropped_for(MessageDrop::kTooShort), 1U);
  EXPECT_TRUE(flows().empty());
}

}  // namespace
}  // namespace weir::test
