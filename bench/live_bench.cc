// The live view's cost for a flow: nobody watching, one ranking, all three; and the answer while the table is full.
#include <benchmark/benchmark.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "live/live_view.h"

namespace weir {
namespace {

// Batches of TCP flows between `hosts` and one server, a datagram of 24 after the other.
std::vector<BatchRef> make_batches(std::uint32_t flows) {
  std::vector<BatchRef> batches;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  Origin origin{};
  origin.time_received_ns = live_time().wall_ns;
  for (std::uint32_t i = 0; i < flows; ++i) {
    if (i % 24 == 0) writer.set_origin(origin);
    Flow& flow = *writer.add();
    const std::uint32_t number = i * 2654435761U % flows;
    flow.src_addr = IpAddress::v4(0x0a000000 + number / 4).bytes;
    flow.dst_addr = IpAddress::v4(0xc0000201).bytes;
    flow.src_addr_family = flow.dst_addr_family = Family::kV4;
    flow.src_port = static_cast<std::uint16_t>(32768 + number % 4);
    flow.dst_port = 443;
    flow.proto = 6;
    flow.bytes = 1000 + number;
    flow.packets = 10;
  }
  writer.flush();
  return batches;
}

void add_flows(benchmark::State& state, std::initializer_list<const char*> watched, std::uint32_t flows) {
  const std::vector<BatchRef> batches = make_batches(flows);
  LiveView live(std::chrono::milliseconds(700));
  std::int64_t added = 0;
  std::size_t at = 0;
  for (auto _ : state) {
    if (at == 0) {
      state.PauseTiming();
      for (const char* by : watched) benchmark::DoNotOptimize(live.answer("top " + std::string(by) + " 1"));
      state.ResumeTiming();
    }
    live.add(*batches[at]);
    added += static_cast<std::int64_t>(batches[at]->flows().size());
    at = (at + 1) % batches.size();
  }
  state.SetItemsProcessed(added);
  state.counters["ns_per_flow"] =
      benchmark::Counter(static_cast<double>(added) / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(add_flows, nobody_watches, {}, 50'000);
BENCHMARK_CAPTURE(add_flows, flows_50k, {"flows"}, 50'000);
BENCHMARK_CAPTURE(add_flows, all_50k, {"flows", "hosts", "ports"}, 50'000);
// More flows than the table holds: nearly each takes another's place.
BENCHMARK_CAPTURE(add_flows, flows_2M, {"flows"}, 2'000'000);

// Every key busy in every second, which is as much as there can be to add up.
void ask(benchmark::State& state) {
  LiveTime now = live_time();
  LiveView live(std::chrono::milliseconds(700), [&] { return now; });
  const std::vector<BatchRef> batches = make_batches(65'536);
  for (int second = 0; second < 45; ++second) {
    benchmark::DoNotOptimize(live.answer("top flows 500"));
    for (const BatchRef& batch : batches) live.add(*batch);
    now.wall_ns += 1'000'000'000;
    now.steady_ns += 1'000'000'000;
  }
  for (auto _ : state) benchmark::DoNotOptimize(live.answer("top flows 500"));
}
BENCHMARK(ask)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir
