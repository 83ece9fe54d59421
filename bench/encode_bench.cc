// Encoding flows to export messages, and making the synthetic flows that feed it.
#include <benchmark/benchmark.h>

#include <utility>
#include <vector>

#include "codecs/encoder.h"
#include "exporter/generator/flow_generator.h"

namespace weir {
namespace {

constexpr std::uint64_t kNow = 1'700'000'000'123'456'789;
constexpr std::size_t kFlows = 8192;

void encode(benchmark::State& state, ExportProtocol protocol, double ipv6_share) {
  FlowGenerator generator({.seed = 1, .ipv6_share = ipv6_share});
  std::vector<Flow> flows;
  for (std::size_t i = 0; i < kFlows; ++i) flows.push_back(generator.next(kNow));
  EncoderOptions options;
  options.protocol = protocol;
  options.boot_time_ns = kNow - 3'600'000'000'000;
  options.sampling_rate = 100;
  std::size_t bytes = 0;
  ExportEncoder encoder(options, [&](Bytes message, std::size_t) {
    benchmark::DoNotOptimize(message.data());
    bytes += message.size();
  });
  const FlowBatch no_batch;
  for (auto _ : state) {
    for (const Flow& flow : flows) encoder.add(no_batch, flow, kNow);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kFlows));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK_CAPTURE(encode, v5, ExportProtocol::kNetflowV5, 0.0);
BENCHMARK_CAPTURE(encode, v9_ipv4, ExportProtocol::kNetflowV9, 0.0);
BENCHMARK_CAPTURE(encode, v9_mixed, ExportProtocol::kNetflowV9, 0.3);
BENCHMARK_CAPTURE(encode, ipfix_ipv4, ExportProtocol::kIpfix, 0.0);
BENCHMARK_CAPTURE(encode, ipfix_mixed, ExportProtocol::kIpfix, 0.3);

// Biflows as the exporter meters them, with an id: split into two records, or whole.
void encode_biflows(benchmark::State& state, ExportProtocol protocol, bool whole) {
  FlowGenerator generator({.seed = 1});
  std::vector<BatchRef> batches;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  writer.set_origin(Origin{});
  for (std::size_t i = 0; i < kFlows; ++i) {
    Flow* const flow = writer.add();
    const std::uint32_t origin = flow->origin;
    *flow = generator.next(kNow);
    flow->origin = origin;
    FlowCold& cold = writer.cold();
    cold.flow_id = i;
    cold.reverse_packets = 10;
    cold.reverse_bytes = 1000;
    for (const FieldId id : {FieldId::flow_id, FieldId::reverse_packets, FieldId::reverse_bytes}) flow->mark(id);
  }
  writer.flush();
  EncoderOptions options;
  options.protocol = protocol;
  options.biflow = whole;
  ExportEncoder encoder(options, [](Bytes message, std::size_t) { benchmark::DoNotOptimize(message.data()); });
  for (auto _ : state) {
    for (const BatchRef& batch : batches) {
      for (const Flow& flow : batch->flows()) encoder.add(*batch, flow, kNow);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(encoder.stats().flow_records));
}
BENCHMARK_CAPTURE(encode_biflows, v5_split, ExportProtocol::kNetflowV5, false);
BENCHMARK_CAPTURE(encode_biflows, v9_split, ExportProtocol::kNetflowV9, false);
BENCHMARK_CAPTURE(encode_biflows, ipfix_split, ExportProtocol::kIpfix, false);
BENCHMARK_CAPTURE(encode_biflows, ipfix_whole, ExportProtocol::kIpfix, true);

void make_traffic(benchmark::State& state) {
  FlowGenerator generator({});
  for (auto _ : state) benchmark::DoNotOptimize(generator.next(kNow));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(make_traffic);

}  // namespace
}  // namespace weir
