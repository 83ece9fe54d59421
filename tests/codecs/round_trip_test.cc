// What the encoders write, the decoder reads back.
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codecs/decoder.h"
#include "codecs/encoder.h"
#include "exporter/generator/flow_generator.h"

namespace weir {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000'123'456'789;
constexpr std::size_t kFlows = 20'000;

struct Case {
  const char* name;
  ExportProtocol protocol;
  FlowProtocol decoded_as;
  const char* sequence_unit;
};

class RoundTrip : public testing::TestWithParam<Case> {
 protected:
  static bool v5() { return GetParam().protocol == ExportProtocol::kNetflowV5; }

  // Encodes kFlows flows, decodes the messages, and leaves both sides' flows.
  void run(std::uint32_t sampling_rate) {
    EncoderOptions options;
    options.protocol = GetParam().protocol;
    options.source_id = 7;
    options.boot_time_ns = kNow - 3600 * kNsPerSecond;
    options.sampling_rate = sampling_rate;
    options.template_packets = 10;
    Session session;
    session.remote = IpAddress::v4(0x7f000101);
    BatchWriter writer(BatchPool::create(), [this](BatchRef batch) { batches_.push_back(std::move(batch)); });
    ExportEncoder encoder(options, [&](Bytes message, std::size_t flows) {
      decoder_.decode(session, message, kNow, writer);
      sent_ += flows;
    });
    FlowGenerator generator({.seed = 3, .ipv6_share = v5() ? 0 : 0.3});
    const FlowBatch no_batch;
    for (std::size_t i = 0; i < kFlows; ++i) {
      const std::uint64_t now = kNow + i * kNsPerMs;
      flows_.push_back(generator.next(now));
      ASSERT_TRUE(encoder.add(no_batch, flows_.back(), now));
    }
    encoder.flush(kNow + kFlows * kNsPerMs);
    writer.flush();
  }

  std::vector<Flow> flows_;
  std::vector<BatchRef> batches_;
  std::size_t sent_ = 0;
  Decoder decoder_;
};

void expect_same(const Flow& sent, const Flow& got, bool v5) {
  ASSERT_EQ(got.src_addr, sent.src_addr);
  ASSERT_EQ(got.dst_addr, sent.dst_addr);
  ASSERT_EQ(got.next_hop, sent.next_hop);
  ASSERT_EQ(got.src_addr_family, sent.src_addr_family);
  ASSERT_EQ(got.dst_addr_family, sent.dst_addr_family);
  ASSERT_EQ(got.next_hop_family, sent.next_hop_family);
  ASSERT_EQ(got.etype, sent.etype);
  ASSERT_EQ(got.bytes, sent.bytes);
  ASSERT_EQ(got.packets, sent.packets);
  ASSERT_EQ(got.time_flow_start_ns, sent.time_flow_start_ns / kNsPerMs * kNsPerMs);
  ASSERT_EQ(got.time_flow_end_ns, sent.time_flow_end_ns / kNsPerMs * kNsPerMs);
  ASSERT_EQ(got.proto, sent.proto);
  ASSERT_EQ(got.src_port, sent.src_port);
  ASSERT_EQ(got.icmp_type, sent.icmp_type);
  ASSERT_EQ(got.icmp_code, sent.icmp_code);
  ASSERT_EQ(got.tcp_flags, sent.tcp_flags);
  ASSERT_EQ(got.ip_tos, sent.ip_tos);
  ASSERT_EQ(got.in_if, sent.in_if);
  ASSERT_EQ(got.out_if, sent.out_if);
  ASSERT_EQ(got.src_mask, sent.src_mask);
  ASSERT_EQ(got.dst_mask, sent.dst_mask);
  if (v5) {
    ASSERT_EQ(got.src_as, sent.src_as > 65535 ? 23456 : sent.src_as);
    ASSERT_EQ(got.dst_as, sent.dst_as > 65535 ? 23456 : sent.dst_as);
    return;
  }
  ASSERT_EQ(got.dst_port, sent.dst_port);
  ASSERT_EQ(got.src_as, sent.src_as);
  ASSERT_EQ(got.dst_as, sent.dst_as);
  ASSERT_EQ(got.src_mac, sent.src_mac);
  ASSERT_EQ(got.dst_mac, sent.dst_mac);
  ASSERT_EQ(got.src_vlan, sent.src_vlan);
  ASSERT_EQ(got.dst_vlan, sent.dst_vlan);
  ASSERT_EQ(got.flow_direction, sent.flow_direction);
  ASSERT_EQ(got.flow_end_reason, sent.flow_end_reason);
}

TEST_P(RoundTrip, GivesTheSameFlows) {
  run(0);
  EXPECT_EQ(sent_, kFlows);
  std::size_t at = 0;
  for (const BatchRef& batch : batches_) {
    for (const Flow& flow : batch->flows()) {
      ASSERT_LT(at, flows_.size());
      ASSERT_NO_FATAL_FAILURE(expect_same(flows_[at], flow, v5())) << "flow " << at;
      ASSERT_EQ(batch->origin(flow).protocol, GetParam().decoded_as);
      ASSERT_EQ(batch->origin(flow).observation_domain_id, 7U);
      ASSERT_EQ(flow.extras, 0U) << "every element has its field";
      ++at;
    }
  }
  EXPECT_EQ(at, kFlows);
}

TEST_P(RoundTrip, LeavesNothingForTheLedgerToComplainAbout) {
  run(0);
  const ExporterStats totals = decoder_.totals();
  EXPECT_EQ(totals.flows, kFlows);
  EXPECT_EQ(decoder_.messages().dropped_total(), 0U);
  EXPECT_EQ(totals.sets.dropped_total(), 0U);
  EXPECT_EQ(totals.sets.held, 0U);
  EXPECT_TRUE(totals.sets.balanced());
  EXPECT_EQ(totals.records_missing, 0U);
  ASSERT_EQ(decoder_.exporters().size(), 1U);
  const ExporterStats exporter = decoder_.exporters()[0];
  EXPECT_EQ(exporter.sequence.lost, 0U);
  EXPECT_EQ(exporter.sequence.reordered, 0U);
  EXPECT_EQ(exporter.sequence.resets, 0U);
  EXPECT_EQ(exporter.sequence_unit, GetParam().sequence_unit);
}

TEST_P(RoundTrip, TellsTheSamplingRate) {
  run(1000);
  std::size_t at = 0;
  for (const BatchRef& batch : batches_) {
    for (const Flow& flow : batch->flows()) {
      ASSERT_EQ(flow.sampling_rate, 1000U) << "flow " << at;
      ++at;
    }
  }
  EXPECT_EQ(at, kFlows);
  EXPECT_EQ(decoder_.exporters().at(0).sequence.lost, 0U);
}

INSTANTIATE_TEST_SUITE_P(, RoundTrip,
                         testing::Values(Case{"V5", ExportProtocol::kNetflowV5, FlowProtocol::kNetflowV5, "flows"},
                                         Case{"V9", ExportProtocol::kNetflowV9, FlowProtocol::kNetflowV9, "datagrams"},
                                         Case{"Ipfix", ExportProtocol::kIpfix, FlowProtocol::kIpfix, "records"}),
                         [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weir
