#include "codecs/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/names.h"
#include "tests/codecs/export_reader.h"

namespace weir {
namespace {

using testing_reader::ExportMessage;
using testing_reader::ExportReader;
using testing_reader::ExportRecord;

constexpr std::uint64_t kNow = 1'700'000'000'123'456'789;
constexpr std::uint64_t kBoot = kNow - 1'000'000'000'000;  // 1000 s up

using ByteList = std::vector<std::uint8_t>;

Flow ipv4_flow() {
  Flow flow{};
  flow.src_addr = IpAddress::parse("192.0.2.1")->bytes;
  flow.dst_addr = IpAddress::parse("198.51.100.2")->bytes;
  flow.next_hop = IpAddress::parse("203.0.113.3")->bytes;
  flow.src_addr_family = flow.dst_addr_family = flow.next_hop_family = Family::kV4;
  flow.etype = kEtypeIpv4;
  flow.bytes = 123'456;
  flow.packets = 789;
  flow.time_flow_start_ns = kNow - 5'000'000'000;
  flow.time_flow_end_ns = kNow - 1'000'000'000;
  for (const FieldId id : {FieldId::time_flow_start_ns, FieldId::time_flow_end_ns, FieldId::next_hop, FieldId::src_as,
                           FieldId::dst_as, FieldId::src_net, FieldId::dst_net, FieldId::src_mac, FieldId::dst_mac,
                           FieldId::src_vlan, FieldId::dst_vlan, FieldId::flow_direction, FieldId::flow_end_reason}) {
    flow.mark(id);
  }
  flow.src_port = 443;
  flow.dst_port = 51000;
  flow.proto = kProtoTcp;
  flow.tcp_flags = 0x01b;
  flow.ip_tos = 0xb8;
  flow.in_if = 11;
  flow.out_if = 12;
  flow.src_as = 64500;
  flow.dst_as = 64501;
  flow.src_mask = 24;
  flow.dst_mask = 25;
  flow.src_mac = {1, 2, 3, 4, 5, 6};
  flow.dst_mac = {7, 8, 9, 10, 11, 12};
  flow.src_vlan = 100;
  flow.dst_vlan = 200;
  flow.flow_direction = 1;
  flow.flow_end_reason = 3;
  return flow;
}

Flow ipv6_flow() {
  Flow flow = ipv4_flow();
  flow.src_addr = IpAddress::parse("2001:db8::1")->bytes;
  flow.dst_addr = IpAddress::parse("2001:db8::2")->bytes;
  flow.next_hop = IpAddress::parse("fe80::3")->bytes;
  flow.src_addr_family = flow.dst_addr_family = flow.next_hop_family = Family::kV6;
  flow.etype = kEtypeIpv6;
  flow.ipv6_flow_label = 0xabcde;
  flow.mark(FieldId::ipv6_flow_label);
  flow.src_mask = 48;
  flow.dst_mask = 64;
  return flow;
}

Flow icmp_flow() {
  Flow flow = ipv4_flow();
  flow.proto = kProtoIcmp;
  flow.src_port = flow.dst_port = 0;
  flow.icmp_type = 3;
  flow.icmp_code = 13;
  flow.mark(FieldId::icmp_type);
  flow.mark(FieldId::icmp_code);
  return flow;
}

// An encoder whose messages are read as they come.
class Export {
 public:
  explicit Export(EncoderOptions options)
      : encoder_(with_boot(options), [this, max = options.max_message](Bytes message, std::size_t flows) {
          EXPECT_LE(message.size(), max);
          messages.push_back(reader_.read(message));
          flows_sent += flows;
        }) {}
  explicit Export(ExportProtocol protocol) : Export(EncoderOptions{.protocol = protocol}) {}

  bool add(const Flow& flow, std::uint64_t now_ns = kNow) { return encoder_.add(batch_, flow, now_ns); }
  void flush(std::uint64_t now_ns = kNow) { encoder_.flush(now_ns); }

  // The one flow record of the one message.
  ExportRecord only_flow() {
    flush();
    EXPECT_EQ(messages.size(), 1U);
    const std::vector<ExportRecord> flows = flow_records();
    EXPECT_EQ(flows.size(), 1U);
    return flows.at(0);
  }
  std::vector<ExportRecord> flow_records() const { return select(false); }
  std::vector<ExportRecord> options_records() const { return select(true); }

  std::vector<ExportMessage> messages;
  std::size_t flows_sent = 0;

 private:
  static EncoderOptions with_boot(EncoderOptions options) {
    options.boot_time_ns = kBoot;
    return options;
  }
  std::vector<ExportRecord> select(bool options) const {
    std::vector<ExportRecord> records;
    for (const ExportMessage& m : messages) {
      for (const ExportRecord& r : m.records) {
        if (r.options == options) records.push_back(r);
      }
    }
    return records;
  }

  ExportReader reader_;
  FlowBatch batch_;
  ExportEncoder encoder_;
};

void expect_common(const ExportRecord& r) {
  EXPECT_EQ(r.number(1), 123'456U);
  EXPECT_EQ(r.number(2), 789U);
  EXPECT_EQ(r.number(7), 443U);
  EXPECT_EQ(r.number(11), 51000U);
  EXPECT_EQ(r.number(4), 6U);
  EXPECT_EQ(r.number(5), 0xb8U);
  EXPECT_EQ(r.number(6), 0x1bU);
  EXPECT_EQ(r.number(10), 11U);
  EXPECT_EQ(r.number(14), 12U);
  EXPECT_EQ(r.number(16), 64500U);
  EXPECT_EQ(r.number(17), 64501U);
}

void expect_templated(const ExportRecord& r) {
  expect_common(r);
  EXPECT_EQ(r.fields.at(56), (ByteList{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(r.fields.at(80), (ByteList{7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(r.number(58), 100U);
  EXPECT_EQ(r.number(59), 200U);
  EXPECT_EQ(r.number(61), 1U);
  EXPECT_EQ(r.number(136), 3U);
}

void expect_ipv4(const ExportRecord& r) {
  EXPECT_EQ(r.fields.at(8), (ByteList{192, 0, 2, 1}));
  EXPECT_EQ(r.fields.at(12), (ByteList{198, 51, 100, 2}));
  EXPECT_EQ(r.fields.at(15), (ByteList{203, 0, 113, 3}));
  EXPECT_EQ(r.number(9), 24U);
  EXPECT_EQ(r.number(13), 25U);
}

void expect_ipv6(const ExportRecord& r) {
  const auto bytes = [](const char* text) {
    const AddressBytes b = IpAddress::parse(text)->bytes;
    return ByteList(b.begin(), b.end());
  };
  EXPECT_EQ(r.fields.at(27), bytes("2001:db8::1"));
  EXPECT_EQ(r.fields.at(28), bytes("2001:db8::2"));
  EXPECT_EQ(r.fields.at(62), bytes("fe80::3"));
  EXPECT_EQ(r.number(29), 48U);
  EXPECT_EQ(r.number(30), 64U);
  EXPECT_EQ(r.number(31), 0xabcdeU);
}

// Wall time in milliseconds of a sysUpTime, by the header's two clocks.
std::uint64_t wall_ms(const ExportMessage& m, std::uint64_t uptime) {
  const std::uint64_t header_ms = m.seconds * std::uint64_t{1000} + m.nanoseconds / 1'000'000;
  return header_ms + static_cast<std::uint64_t>(static_cast<std::int64_t>(
                         static_cast<std::int32_t>(static_cast<std::uint32_t>(uptime) - m.uptime)));
}

TEST(EncoderV5, WritesEveryField) {
  Export out(EncoderOptions{.protocol = ExportProtocol::kNetflowV5, .source_id = 0x0102, .sampling_rate = 1000});
  ASSERT_TRUE(out.add(ipv4_flow()));
  const ExportRecord r = out.only_flow();
  expect_common(r);
  expect_ipv4(r);
  const ExportMessage& m = out.messages[0];
  EXPECT_EQ(m.source, 0x0102U);
  EXPECT_EQ(m.sampling, 0x4000 | 1000);
  EXPECT_EQ(m.seconds, 1'700'000'000U);
  EXPECT_EQ(m.nanoseconds, 123'000'000U);
  EXPECT_EQ(wall_ms(m, r.number(22)), (kNow - 5'000'000'000) / kNsPerMs);
  EXPECT_EQ(wall_ms(m, r.number(21)), (kNow - 1'000'000'000) / kNsPerMs);
}

TEST(EncoderV5, TellsWhatDoesNotFitSixteenBits) {
  Export out(ExportProtocol::kNetflowV5);
  Flow flow = ipv4_flow();
  flow.src_as = 65536;
  flow.dst_as = 65535;
  flow.in_if = 65536 + 7;
  flow.out_if = 65534;
  ASSERT_TRUE(out.add(flow));
  const ExportRecord r = out.only_flow();
  EXPECT_EQ(r.number(16), 23456U);
  EXPECT_EQ(r.number(17), 65535U);
  EXPECT_EQ(r.number(10), 65535U);
  EXPECT_EQ(r.number(14), 65534U);
}

TEST(EncoderV5, PutsIcmpInTheDestinationPort) {
  Export out(ExportProtocol::kNetflowV5);
  ASSERT_TRUE(out.add(icmp_flow()));
  EXPECT_EQ(out.only_flow().number(11), 3U << 8 | 13U);
}

TEST(EncoderV5, RefusesWhatItCannotCarry) {
  Export out(ExportProtocol::kNetflowV5);
  Flow huge = ipv4_flow();
  huge.bytes = ~std::uint64_t{0};
  EXPECT_FALSE(out.add(ipv6_flow()));
  EXPECT_FALSE(out.add(Flow{}));
  EXPECT_FALSE(out.add(huge));
  out.flush();
  EXPECT_TRUE(out.messages.empty());
}

TEST(EncoderV5, SplitsCountersThatNeedMoreThan32Bits) {
  for (const std::uint64_t bytes : {std::uint64_t{0xffffffff}, std::uint64_t{0x100000000}, std::uint64_t{0x1ffffffff},
                                    std::uint64_t{10'000'000'000}}) {
    Export out(ExportProtocol::kNetflowV5);
    Flow flow = ipv4_flow();
    flow.bytes = bytes;
    flow.packets = 7'000'001;
    ASSERT_TRUE(out.add(flow));
    out.flush();
    std::uint64_t total_bytes = 0, total_packets = 0;
    for (const ExportRecord& r : out.flow_records()) {
      total_bytes += r.number(1);
      total_packets += r.number(2);
    }
    EXPECT_EQ(total_bytes, bytes);
    EXPECT_EQ(total_packets, 7'000'001U);
    EXPECT_EQ(out.flow_records().size(), (bytes + 0xfffffffe) / 0xffffffff);
    EXPECT_EQ(out.flows_sent, 1U);
  }
}

TEST(EncoderV5, SequenceCountsFlowsAndMessagesHoldThirty) {
  Export out(EncoderOptions{.protocol = ExportProtocol::kNetflowV5, .max_message = 9000});
  for (int i = 0; i < 60; ++i) out.add(ipv4_flow());
  EXPECT_EQ(out.messages.size(), 2U) << "a full message does not wait for the next flow";
  out.add(ipv4_flow());
  out.flush();
  out.flush();
  ASSERT_EQ(out.messages.size(), 3U);
  EXPECT_EQ(out.messages[0].count, 30);
  EXPECT_EQ(out.messages[1].sequence, 30U);
  EXPECT_EQ(out.messages[2].sequence, 60U);
  EXPECT_EQ(out.messages[2].count, 1);
  EXPECT_EQ(out.flows_sent, 61U);
}

class EncoderOfSets : public testing::TestWithParam<ExportProtocol> {};
INSTANTIATE_TEST_SUITE_P(, EncoderOfSets, testing::Values(ExportProtocol::kNetflowV9, ExportProtocol::kIpfix),
                         [](const auto& info) {
                           return info.param == ExportProtocol::kIpfix ? std::string("Ipfix") : std::string("V9");
                         });

TEST_P(EncoderOfSets, WritesEveryFieldOfIpv4) {
  Export out(GetParam());
  ASSERT_TRUE(out.add(ipv4_flow()));
  const ExportRecord r = out.only_flow();
  expect_templated(r);
  expect_ipv4(r);
}

TEST_P(EncoderOfSets, WritesEveryFieldOfIpv6) {
  Export out(GetParam());
  ASSERT_TRUE(out.add(ipv6_flow()));
  const ExportRecord r = out.only_flow();
  expect_templated(r);
  expect_ipv6(r);
}

TEST_P(EncoderOfSets, WritesIcmpOfBothFamilies) {
  Export out(GetParam());
  Flow v6 = ipv6_flow();
  v6.icmp_type = 128;
  v6.icmp_code = 1;
  v6.mark(FieldId::icmp_type);
  v6.mark(FieldId::icmp_code);
  out.add(icmp_flow());
  out.add(v6);
  out.flush();
  ASSERT_EQ(out.flow_records().size(), 2U);
  EXPECT_EQ(out.flow_records()[0].number(176), 3U);
  EXPECT_EQ(out.flow_records()[0].number(177), 13U);
  EXPECT_EQ(out.flow_records()[1].number(178), 128U);
  EXPECT_EQ(out.flow_records()[1].number(179), 1U);
}

TEST_P(EncoderOfSets, KeepsLargeNumbersWhole) {
  Export out(GetParam());
  Flow flow = ipv4_flow();
  flow.bytes = 0xfedcba9876543210;
  flow.packets = 0x123456789abcdef0;
  flow.src_as = 4'200'000'000;
  flow.in_if = 0xfffffffe;
  ASSERT_TRUE(out.add(flow));
  const ExportRecord r = out.only_flow();
  EXPECT_EQ(r.number(1), 0xfedcba9876543210U);
  EXPECT_EQ(r.number(2), 0x123456789abcdef0U);
  EXPECT_EQ(r.number(16), 4'200'000'000U);
  EXPECT_EQ(r.number(10), 0xfffffffeU);
}

TEST_P(EncoderOfSets, ANextHopHasAFamilyOfItsOwn) {
  Export out(GetParam());
  Flow flow = ipv4_flow();
  flow.next_hop = ipv6_flow().next_hop;
  flow.next_hop_family = Family::kV6;
  ASSERT_TRUE(out.add(flow));
  const ExportRecord r = out.only_flow();
  EXPECT_EQ(r.fields.at(62), ByteList(flow.next_hop.begin(), flow.next_hop.end()));
  EXPECT_FALSE(r.fields.contains(15));
}

TEST_P(EncoderOfSets, CarriesFlowsWithoutAddressesOrOfTwoFamilies) {
  Export out(GetParam());
  Flow mixed = ipv4_flow();
  mixed.dst_addr = ipv6_flow().dst_addr;
  mixed.dst_addr_family = Family::kV6;
  EXPECT_TRUE(out.add(mixed));
  EXPECT_TRUE(out.add(Flow{}));
  out.flush();
  const auto records = out.flow_records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_TRUE(records[0].fields.contains(8) && records[0].fields.contains(28));
  EXPECT_FALSE(records[0].fields.contains(12) || records[0].fields.contains(27));
  for (const std::uint16_t address : {std::uint16_t{8}, std::uint16_t{12}, std::uint16_t{27}, std::uint16_t{28}})
    EXPECT_FALSE(records[1].fields.contains(address));
}

TEST_P(EncoderOfSets, FillsMessagesOfAnySizeAndLosesNoFlow) {
  for (std::size_t size = kMinExportMessage; size < kMinExportMessage + 150; ++size) {
    Export out(EncoderOptions{.protocol = GetParam(), .max_message = size, .template_packets = 3, .sampling_rate = 10});
    for (std::uint16_t i = 0; i < 100; ++i) {
      Flow flow = i % 3 == 0 || i % 7 == 0 ? ipv6_flow() : ipv4_flow();
      flow.src_port = i;
      ASSERT_TRUE(out.add(flow));
    }
    out.flush();
    const auto flows = out.flow_records();
    ASSERT_EQ(flows.size(), 100U);
    EXPECT_EQ(out.flows_sent, 100U);
    for (std::uint16_t i = 0; i < 100; ++i) ASSERT_EQ(flows[i].number(7), i);
    for (std::size_t i = 0; i < out.messages.size(); i += 3) {
      ASSERT_NE(out.messages[i].templates, 0U) << "message " << i;
    }
  }
}

TEST_P(EncoderOfSets, FillsTheLargestMessage) {
  Export out(EncoderOptions{.protocol = GetParam(), .max_message = kMaxExportMessage});
  for (int i = 0; i < 2000; ++i) out.add(ipv4_flow());
  out.flush();
  EXPECT_EQ(out.flow_records().size(), 2000U);
  EXPECT_LE(out.messages.size(), 4U);
}

TEST_P(EncoderOfSets, SendsTemplatesAgainInTime) {
  Export out(EncoderOptions{.protocol = GetParam(), .template_interval_ns = 60 * kNsPerSecond});
  for (const std::uint64_t seconds : {0U, 59U, 60U, 61U, 119U, 120U}) {
    out.add(ipv4_flow(), kNow + seconds * kNsPerSecond);
    out.flush(kNow + seconds * kNsPerSecond);
  }
  std::vector<bool> with_templates;
  for (const ExportMessage& m : out.messages) with_templates.push_back(m.templates != 0);
  EXPECT_THAT(with_templates, testing::ElementsAre(true, false, true, false, false, true));
}

TEST_P(EncoderOfSets, SourceIdStandsInTheHeader) {
  Export out(EncoderOptions{.protocol = GetParam(), .source_id = 0xdeadbeef});
  out.add(ipv4_flow());
  out.flush();
  EXPECT_EQ(out.messages.at(0).source, 0xdeadbeefU);
}

TEST(EncoderV9, TimesAreExactToTheMillisecondAndNotAfterTheHeader) {
  for (const std::uint64_t now : {kNow, kNow / kNsPerSecond * kNsPerSecond, kNow + 876'543'210}) {
    Export out(ExportProtocol::kNetflowV9);
    Flow flow = ipv4_flow();
    flow.time_flow_start_ns = kBoot - 3'000'000;  // a little before the exporter came up
    flow.time_flow_end_ns = now;
    out.add(flow, now);
    out.flush(now);
    const ExportMessage& m = out.messages.at(0);
    const ExportRecord r = out.flow_records().at(0);
    EXPECT_EQ(wall_ms(m, r.number(22)), flow.time_flow_start_ns / kNsPerMs);
    EXPECT_EQ(wall_ms(m, r.number(21)), now / kNsPerMs);
    EXPECT_GE(m.uptime, r.number(21));
    EXPECT_LT(m.seconds * kNsPerSecond, now + kNsPerSecond);
  }
}

TEST(EncoderV9, SysUptimeWraps) {
  Export out(ExportProtocol::kNetflowV9);
  const std::uint64_t now = kBoot + (std::uint64_t{1} << 32) * kNsPerMs + 500 * kNsPerMs;
  Flow flow = ipv4_flow();
  flow.time_flow_start_ns = now - 2000 * kNsPerMs;
  flow.time_flow_end_ns = now;
  out.add(flow, now);
  out.flush(now);
  const ExportRecord r = out.flow_records().at(0);
  EXPECT_EQ(r.number(22), (std::uint64_t{1} << 32) - 1500);
  EXPECT_EQ(r.number(21), 500U);
  EXPECT_EQ(wall_ms(out.messages.at(0), r.number(22)), flow.time_flow_start_ns / kNsPerMs);
}

TEST(EncoderV9, SequenceCountsMessages) {
  Export out(ExportProtocol::kNetflowV9);
  for (int i = 0; i < 100; ++i) out.add(ipv4_flow());
  out.flush();
  ASSERT_GT(out.messages.size(), 3U);
  for (std::size_t i = 0; i < out.messages.size(); ++i) EXPECT_EQ(out.messages[i].sequence, i);
}

TEST(EncoderV9, AnnouncesSampling) {
  Export out(EncoderOptions{.protocol = ExportProtocol::kNetflowV9, .source_id = 5, .sampling_rate = 70'000});
  out.add(ipv4_flow());
  out.add(ipv6_flow());
  out.flush();
  ASSERT_EQ(out.options_records().size(), 2U);
  const ExportRecord r = out.options_records()[1];
  EXPECT_EQ(r.number(0x8000 | 1), 5U) << "scope: System";
  EXPECT_EQ(r.number(50), 70'000U);
  EXPECT_EQ(r.number(49), 2U);
  for (const ExportRecord& flow : out.flow_records()) EXPECT_EQ(flow.number(48), r.number(48));
}

TEST(EncoderIpfix, TimesAreMilliseconds) {
  Export out(ExportProtocol::kIpfix);
  out.add(ipv4_flow());
  const ExportRecord r = out.only_flow();
  EXPECT_EQ(r.number(152), (kNow - 5'000'000'000) / kNsPerMs);
  EXPECT_EQ(r.number(153), (kNow - 1'000'000'000) / kNsPerMs);
  EXPECT_EQ(out.messages[0].seconds, 1'700'000'000U);
}

TEST(EncoderIpfix, AFlowWithoutTimesIsExportedAtItsExportTime) {
  Export out(ExportProtocol::kIpfix);
  Flow flow = ipv4_flow();
  flow.present[0] = flow.present[1] = 0;
  out.add(flow);
  const ExportRecord r = out.only_flow();
  EXPECT_EQ(r.number(152), kNow / kNsPerMs);
  EXPECT_EQ(r.number(153), kNow / kNsPerMs);
}

TEST(EncoderIpfix, SequenceCountsDataRecordsWithOptions) {
  Export out(EncoderOptions{.protocol = ExportProtocol::kIpfix, .template_packets = 2, .sampling_rate = 100});
  for (int i = 0; i < 100; ++i) out.add(i % 2 == 0 ? ipv4_flow() : ipv6_flow());
  out.flush();
  ASSERT_GT(out.messages.size(), 4U);
  std::uint32_t expected = 0;
  for (const ExportMessage& m : out.messages) {
    EXPECT_EQ(m.sequence, expected);
    expected += static_cast<std::uint32_t>(m.records.size());
  }
}

TEST(EncoderIpfix, AnnouncesSamplingAndStart) {
  Export out(EncoderOptions{.protocol = ExportProtocol::kIpfix, .source_id = 5, .sampling_rate = 1000});
  out.add(ipv4_flow());
  out.flush();
  ASSERT_EQ(out.options_records().size(), 2U);
  const ExportRecord start = out.options_records()[0];
  EXPECT_EQ(start.number(149), 5U);
  EXPECT_EQ(start.number(160), kBoot / kNsPerMs);
  const ExportRecord selector = out.options_records()[1];
  EXPECT_EQ(selector.number(304), 1U);
  EXPECT_EQ(selector.number(305), 1U);
  EXPECT_EQ(selector.number(306), 999U);
  EXPECT_EQ(out.flow_records().at(0).number(302), selector.number(302));
}

TEST(EncoderIpfix, KeepsAllTcpFlags) {
  Export out(ExportProtocol::kIpfix);
  Flow flow = ipv4_flow();
  flow.tcp_flags = 0x1d2;
  out.add(flow);
  EXPECT_EQ(out.only_flow().number(6), 0x1d2U);
}

TEST(Encoder, RefusesOptionsOutsideTheLimits) {
  const auto make = [](EncoderOptions options) { ExportEncoder(options, [](Bytes, std::size_t) {}); };
  EXPECT_THROW(make({.max_message = kMinExportMessage - 1}), std::invalid_argument);
  EXPECT_THROW(make({.max_message = kMaxExportMessage + 1}), std::invalid_argument);
  EXPECT_THROW(make({.protocol = ExportProtocol::kNetflowV5, .sampling_rate = 16384}), std::invalid_argument);
  EXPECT_NO_THROW(make({.protocol = ExportProtocol::kNetflowV5, .sampling_rate = 16383}));
}

}  // namespace
}  // namespace weir
