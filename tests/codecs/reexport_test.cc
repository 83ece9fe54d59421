// What encoders keep beyond one record: shapes, names of interfaces, options data, connections, split biflows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "codecs/decoder.h"
#include "codecs/encoder.h"
#include "flow/names.h"
#include "tests/codecs/export_reader.h"

namespace weir {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kNow = 1'700'000'000'123'000'000;

// Flows on one side, what the decoder made of their messages on the other.
class Reexport {
 public:
  explicit Reexport(EncoderOptions options) : options_(with_boot(options)) { connect(); }

  // Adds one flow, filled in by `fill`, of the exporter at `address`.
  using Fill = std::function<void(Flow&, BatchWriter&)>;
  bool add(const Fill& fill, std::uint64_t now_ns = kNow, const char* address = "192.0.2.1") {
    Origin origin{};
    const IpAddress sampler = *IpAddress::parse(address);
    origin.sampler_address = sampler.bytes;
    origin.sampler_address_family = sampler.family;
    BatchRef made;
    BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { made = std::move(batch); });
    writer.set_origin(origin);
    Flow* flow = writer.add(4096);
    for (const auto& [id, bytes] :
         {std::pair{FieldId::src_addr, &flow->src_addr}, {FieldId::dst_addr, &flow->dst_addr}}) {
      *bytes = IpAddress::v4(id == FieldId::src_addr ? 0x0a000001 : 0x0a000002).bytes;
      flow->mark(id);
    }
    flow->src_addr_family = flow->dst_addr_family = Family::kV4;
    set(*flow, FieldId::bytes, flow->bytes, 1000);
    set(*flow, FieldId::packets, flow->packets, 10);
    set(*flow, FieldId::time_flow_start_ns, flow->time_flow_start_ns, kNow - kNsPerSecond);
    set(*flow, FieldId::time_flow_end_ns, flow->time_flow_end_ns, kNow);
    fill(*flow, writer);
    writer.flush();
    return encoder->add(*made, made->flows()[0], now_ns);
  }
  bool add_plain(std::uint64_t now_ns = kNow) {
    return add([](Flow&, BatchWriter&) {}, now_ns);
  }

  template <typename T>
  static void set(Flow& flow, FieldId id, T& member, std::uint64_t value) {
    member = static_cast<T>(value);
    flow.mark(id);
  }
  static Fill named(std::uint32_t index, std::string name) {
    return [=](Flow& flow, BatchWriter& writer) {
      set(flow, FieldId::in_if, flow.in_if, index);
      flow.in_if_name = writer.store(as_bytes(name));
      flow.mark(FieldId::in_if_name);
    };
  }
  static Fill biflow(std::uint64_t forward_packets = 10) {
    return [=](Flow& flow, BatchWriter& writer) {
      flow.packets = forward_packets;
      flow.bytes = 100 * forward_packets;
      set(flow, FieldId::src_port, flow.src_port, 40000);
      set(flow, FieldId::dst_port, flow.dst_port, 443);
      set(flow, FieldId::in_if, flow.in_if, 3);
      set(flow, FieldId::flow_direction, flow.flow_direction, 0);
      FlowCold& cold = writer.cold();
      set(flow, FieldId::reverse_packets, cold.reverse_packets, 7);
      set(flow, FieldId::reverse_bytes, cold.reverse_bytes, 7777);
      set(flow, FieldId::reverse_time_flow_start_ns, cold.reverse_time_flow_start_ns, kNow - 500'000'000);
    };
  }
  // A field group of its own for every combination of twelve bits.
  static Fill shape(unsigned bits) {
    static constexpr FieldId kFields[] = {FieldId::vlan_id,         FieldId::ip_ttl,         FieldId::forwarding_status,
                                          FieldId::src_mac,         FieldId::src_as,         FieldId::src_net,
                                          FieldId::src_vlan,        FieldId::icmp_type,      FieldId::flow_direction,
                                          FieldId::flow_end_reason, FieldId::ipv6_flow_label};
    return [=](Flow& flow, BatchWriter&) {
      flow.src_port = static_cast<std::uint16_t>(bits);
      flow.mark(FieldId::src_port);
      for (std::size_t i = 0; i < std::size(kFields); ++i) {
        if ((bits >> i & 1) != 0) flow.mark(kFields[i]);
      }
    };
  }

  // Messages from now on come over another connection.
  void connect() {
    ++session_.remote_port;
    session_.remote = IpAddress::v4(0xc0000263);
    session_.transport = options_.stream ? Transport::kTcp : Transport::kUdp;
  }
  void flush(std::uint64_t now_ns = kNow) { encoder->flush(now_ns); }
  struct Got {
    BatchRef batch;
    Flow flow;
    std::string in_if_name() const {
      return flow.has(FieldId::in_if_name) ? std::string(batch->text(flow.in_if_name)) : "";
    }
  };
  std::vector<Got> flows() {
    out_.flush();
    std::vector<Got> all;
    for (const BatchRef& batch : batches_) {
      for (const Flow& flow : batch->flows()) all.push_back({batch, flow});
    }
    return all;
  }

  std::unique_ptr<Decoder> decoder = std::make_unique<Decoder>();
  std::size_t completed = 0;
  std::vector<std::size_t> message_flows;
  std::vector<std::vector<std::uint8_t>> messages;

 private:
  static EncoderOptions with_boot(EncoderOptions options) {
    options.boot_time_ns = kNow - 3600 * kNsPerSecond;
    return options;
  }

  EncoderOptions options_;
  Session session_;
  std::vector<BatchRef> batches_;
  BatchWriter out_{BatchPool::create(), [this](BatchRef batch) { batches_.push_back(std::move(batch)); }};

 public:
  std::unique_ptr<ExportEncoder> encoder =
      std::make_unique<ExportEncoder>(options_, [this](Bytes message, std::size_t flows) {
        messages.emplace_back(message.begin(), message.end());
        message_flows.push_back(flows);
        completed += flows;
        decoder->decode(session_, message, kNow, out_);
      });
};

class ReexportOfSets : public testing::TestWithParam<ExportProtocol> {
 protected:
  static EncoderOptions options() {
    EncoderOptions made;
    made.protocol = GetParam();
    return made;
  }
};
INSTANTIATE_TEST_SUITE_P(, ReexportOfSets, testing::Values(ExportProtocol::kNetflowV9, ExportProtocol::kIpfix),
                         [](const auto& info) {
                           return info.param == ExportProtocol::kIpfix ? std::string("Ipfix") : std::string("V9");
                         });

TEST_P(ReexportOfSets, TellsTheNameOfAnInterfaceBeforeItsFirstFlow) {
  Reexport out(options());
  out.add_plain();
  const std::string longest(200, 'n');
  out.add(Reexport::named(5, "eth5"));
  out.add(Reexport::named(6, longest));
  out.add(Reexport::named(5, "eth5"));
  out.flush();
  const auto flows = out.flows();
  ASSERT_EQ(flows.size(), 4U);
  EXPECT_EQ(flows[1].in_if_name(), "eth5");
  EXPECT_EQ(flows[2].in_if_name(), longest);
  EXPECT_EQ(out.encoder->stats().options_records, 3U) << "statistics once, each name once";
}

TEST_P(ReexportOfSets, TellsNamesAgainAtEachRefreshAndWhenTheyChange) {
  Reexport out(options());
  out.add(Reexport::named(5, "old"));
  out.flush();
  out.add(Reexport::named(5, "new"));
  out.add_plain(kNow + 61 * kNsPerSecond);
  out.flush();
  out.decoder = std::make_unique<Decoder>();
  out.add(Reexport::named(5, "new"), kNow + 122 * kNsPerSecond);
  out.flush();
  const auto flows = out.flows();
  EXPECT_EQ(flows[0].in_if_name(), "old");
  EXPECT_EQ(flows[1].in_if_name(), "new");
  EXPECT_EQ(flows.back().in_if_name(), "new") << "for a collector that began just now";
}

TEST_P(ReexportOfSets, AnInterfaceIndexIsOneExporters) {
  Reexport out(options());
  out.add(Reexport::named(5, "mine"), kNow, "192.0.2.1");
  out.add(Reexport::named(5, "other"), kNow, "192.0.2.2");
  out.flush();
  EXPECT_EQ(out.flows()[1].in_if_name(), "mine");
  EXPECT_EQ(out.encoder->stats().names_in_conflict, 1U);
}

TEST_P(ReexportOfSets, TellsItsNameAndStatistics) {
  EncoderOptions with = options();
  with.exporter_name = "edge-1.example";
  with.source_id = 9;
  Reexport out(with);
  out.add_plain();
  out.flush();
  const EncoderStats before = out.encoder->stats();
  out.add_plain(kNow + 61 * kNsPerSecond);
  out.flush();
  EXPECT_EQ(out.decoder->exporters().at(0).name, "edge-1.example");
  if (GetParam() == ExportProtocol::kIpfix) return;  // the reader below knows no variable lengths
  testing_reader::ExportReader reader;
  reader.read(out.messages[0]);
  const auto record = reader.read(out.messages[1]).records.at(0);
  ASSERT_TRUE(record.options);
  EXPECT_EQ(record.number(0x8000 | 1), 9U);
  EXPECT_EQ(record.number(40), before.bytes);
  EXPECT_EQ(record.number(41), 1U);
  EXPECT_EQ(record.number(42), 1U);
  EXPECT_EQ(before.bytes, out.messages[0].size());
}

TEST_P(ReexportOfSets, ShapesBeyondTheLimitGiveWayAndComeBack) {
  for (const bool stream : {false, true}) {
    EncoderOptions many = options();
    many.stream = stream && GetParam() == ExportProtocol::kIpfix;
    Reexport out(many);
    std::vector<unsigned> sent;
    for (unsigned round = 0; round < 3; ++round) {
      for (unsigned bits = 0; bits < 100; ++bits) {
        out.add(Reexport::shape(bits));
        sent.push_back(bits);
      }
    }
    out.flush();
    const auto flows = out.flows();
    ASSERT_EQ(flows.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      ASSERT_EQ(flows[i].flow.src_port, sent[i]);
      ASSERT_EQ(flows[i].flow.has(FieldId::vlan_id), (sent[i] & 1) != 0);
      ASSERT_EQ(flows[i].flow.has(FieldId::src_mac), (sent[i] & 8) != 0);
    }
    EXPECT_EQ(out.encoder->stats().shapes, 300U);
    EXPECT_EQ(out.encoder->stats().shapes_evicted, 300U - 64);
    const std::size_t known = out.decoder->templates().size();
    if (many.stream) {
      EXPECT_EQ(known, 64U + 1) << "the others are withdrawn";
    }
    EXPECT_EQ(out.decoder->totals().sets.dropped_total(), 0U);
  }
}

TEST_P(ReexportOfSets, ShapesInUseStay) {
  Reexport out(options());
  for (unsigned bits = 0; bits < 1000; ++bits) {
    out.add(Reexport::shape(0));
    out.add(Reexport::shape(1 + bits % 63));
  }
  EXPECT_EQ(out.encoder->stats().shapes_evicted, 0U);
}

TEST_P(ReexportOfSets, AStreamAnnouncesOnceAndANewConnectionAtOnce) {
  EncoderOptions stream = options();
  stream.stream = true;
  Reexport out(stream);
  for (unsigned i = 0; i < 10; ++i) out.add(Reexport::named(5, "eth5"), kNow + i * 61 * kNsPerSecond), out.flush();
  EXPECT_EQ(out.encoder->stats().templates, 3U) << "flows, statistics, names";
  out.add(Reexport::named(5, "eth5"), kNow + 600 * kNsPerSecond);  // waits
  out.decoder = std::make_unique<Decoder>();
  out.connect();
  const std::size_t before = out.messages.size();
  out.encoder->resend_templates(kNow + 600 * kNsPerSecond);
  EXPECT_EQ(out.messages.size(), before + 1);
  EXPECT_EQ(out.message_flows.back(), 0U);
  out.flush();
  EXPECT_EQ(out.message_flows.back(), 1U);
  const auto flows = out.flows();
  ASSERT_EQ(flows.size(), 11U);
  EXPECT_EQ(flows.back().in_if_name(), "eth5");
  EXPECT_EQ(out.decoder->totals().sets.held, 0U);
}

TEST_P(ReexportOfSets, SaysWhoExportedFirst) {
  EncoderOptions with = options();
  with.exporter_address = true;
  Reexport out(with);
  out.add([](Flow&, BatchWriter&) {}, kNow, "192.0.2.77");
  out.add([](Flow&, BatchWriter&) {}, kNow, "2001:db8::77");
  out.flush();
  std::vector<std::string> told;
  for (const auto& got : out.flows()) {
    got.batch->for_each_extra(got.flow, [&](const Extra& extra, Bytes value) {
      told.push_back(std::to_string(extra.element) + ' ' +
                     (value.size() == 4 ? IpAddress::v4(value.data()) : IpAddress::v6(value.data())).to_string());
    });
  }
  EXPECT_THAT(told, ElementsAre("130 192.0.2.77", "131 2001:db8::77"));
}

TEST_P(ReexportOfSets, CountsWhatTheProtocolCannotCarry) {
  Reexport out(options());
  out.add([](Flow& flow, BatchWriter& writer) {
    const std::uint32_t count = 3;
    const Extra entries[] = {{9, 1234, 0, 4}, {0, 291, kExtraRendered, 2}, {0, 95, 0, 1500}};
    std::uint8_t* at = writer.allocate(sizeof count + sizeof entries + 1506, flow.extras);
    std::memset(at, '1', sizeof count + sizeof entries + 1506);
    std::memcpy(at, &count, sizeof count);
    std::memcpy(at + sizeof count, entries, sizeof entries);
    flow.mark(FieldId::as_path);
    (void)writer.cold();
  });
  out.flush();
  const EncoderStats& stats = out.encoder->stats();
  EXPECT_EQ(stats.extras_enterprise, GetParam() == ExportProtocol::kNetflowV9 ? 1U : 0U);
  EXPECT_EQ(stats.extras_rendered, 1U);
  EXPECT_EQ(stats.extras_too_large, 1U);
  EXPECT_EQ(stats.lists_left, 1U);
  EXPECT_EQ(out.flows().size(), 1U);
}

void expect_reverse(const Flow& flow) {
  EXPECT_EQ(flow.packets, 7U);
  EXPECT_EQ(flow.bytes, 7777U);
  EXPECT_EQ(flow.src_port, 443);
  EXPECT_EQ(flow.dst_port, 40000);
  EXPECT_EQ(flow.src_addr, IpAddress::v4(0x0a000002).bytes);
  EXPECT_EQ(flow.in_if, 0U);
  EXPECT_EQ(flow.out_if, 3U);
  EXPECT_EQ(flow.time_flow_start_ns, kNow - 500'000'000);
}

class ReexportOfAll : public testing::TestWithParam<ExportProtocol> {};
INSTANTIATE_TEST_SUITE_P(, ReexportOfAll,
                         testing::Values(ExportProtocol::kNetflowV5, ExportProtocol::kNetflowV9,
                                         ExportProtocol::kIpfix));

TEST_P(ReexportOfAll, SplitsBiflows) {
  EncoderOptions options;
  options.protocol = GetParam();
  Reexport out(options);
  out.add(Reexport::biflow());
  out.add(Reexport::biflow(0));
  out.flush();
  EXPECT_EQ(out.completed, 2U);
  EXPECT_EQ(out.encoder->stats().flow_records, 3U);
  const auto flows = out.flows();
  ASSERT_EQ(flows.size(), 3U);
  EXPECT_EQ(flows[0].flow.packets, 10U);
  EXPECT_FALSE(flows[0].flow.has(FieldId::reverse_packets));
  expect_reverse(flows[1].flow);
  expect_reverse(flows[2].flow);
  if (GetParam() != ExportProtocol::kNetflowV5) {
    EXPECT_EQ(flows[1].flow.flow_direction, 1U);
  }
}

TEST_P(ReexportOfAll, ASplitFlowIsCompleteWithItsLastRecord) {
  EncoderOptions options;
  options.protocol = GetParam();
  Reexport out(options);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(out.add(Reexport::biflow()));
  out.flush();
  EXPECT_EQ(out.flows().size(), 400U);
  EXPECT_EQ(out.completed, 200U);
  EXPECT_GT(out.messages.size(), 10U);
}

TEST(ReexportIpfix, KeepsABiflowWholeOnRequest) {
  EncoderOptions options;
  options.biflow = true;
  Reexport out(options);
  out.add(Reexport::biflow());
  out.flush();
  const auto flows = out.flows();
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_EQ(flows[0].flow.packets, 10U);
  EXPECT_EQ(flows[0].batch->cold(flows[0].flow).reverse_packets, 7U);
  EXPECT_EQ(flows[0].batch->cold(flows[0].flow).reverse_bytes, 7777U);
  EXPECT_EQ(out.decoder->totals().biflows, 1U);
}

TEST(ReexportV5, AMessageHasOneSamplingRate) {
  EncoderOptions options;
  options.protocol = ExportProtocol::kNetflowV5;
  options.sampling_rate = 10;
  Reexport out(options);
  for (const std::uint32_t rate : {0U, 10U, 100U, 100U, 16384U, 0U}) {
    out.add(
        [rate](Flow& flow, BatchWriter&) { Reexport::set(flow, FieldId::sampling_rate, flow.sampling_rate, rate); });
  }
  out.flush();
  std::vector<std::uint32_t> rates;
  for (const auto& got : out.flows()) rates.push_back(got.flow.sampling_rate);
  EXPECT_THAT(rates, ElementsAre(10U, 10U, 100U, 100U, 0U, 10U));
  EXPECT_THAT(out.message_flows, ElementsAre(2U, 2U, 1U, 1U));
  EXPECT_EQ(out.encoder->stats().rates_left, 1U);
}

}  // namespace
}  // namespace weir
