// Queries over realistic flows in memory (dataset.h): 4 M of them in one well-packed segment.
//
// WEIR_BENCH_STORE=DIR runs them over a store instead.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "bench/dataset.h"
#include "query/engine.h"
#include "store/segment_writer.h"
#include "store/snapshot.h"

namespace weir {
namespace {

constexpr std::size_t kFlows = 4u << 20;

Snapshot make_snapshot() {
  if (const char* dir = std::getenv("WEIR_BENCH_STORE")) {
    auto snapshot = open_snapshot(dir);
    if (!snapshot) throw std::runtime_error(snapshot.error().message);
    return std::move(*snapshot);
  }
  bench::DatasetOptions options;
  options.flows = kFlows;
  bench::Dataset dataset(options);
  RowBuffer rows;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { rows.append(*batch); });
  for (auto datagram = dataset.next(); !datagram.flows.empty(); datagram = dataset.next()) append(datagram, writer);
  writer.flush();
  SegmentOptions segment;
  segment.effort = Effort::kSmall;
  Snapshot snapshot;
  snapshot.segments.push_back(Segment::from_image(encode_segment(rows, 0, rows.rows(), segment), "segment").value());
  return snapshot;
}

const Snapshot& snapshot() {
  static const Snapshot made = make_snapshot();
  return made;
}

void run(benchmark::State& state, const char* columns, const char* condition, bool biflow = false,
         const char* interfaces = "any") {
  QueryRequest request;
  request.columns = parse_columns(columns).value();
  request.condition = parse_condition(condition, system_resolver()).value();
  request.interfaces = InterfaceFilter::parse(interfaces).value();
  request.limit = 10;
  request.biflow = biflow;
  RunOptions options;
  options.memory = std::size_t{8} << 30;
  options.threads = static_cast<unsigned>(state.range(0));
  std::uint64_t rows = 0;
  for (const auto& segment : snapshot().segments) rows += segment->summary().rows;
  QueryStats stats;
  for (auto _ : state) {
    auto result = run_query(request, snapshot(), options);
    if (!result) return state.SkipWithError(result.error().message.c_str());
    if (!result->warnings.empty()) return state.SkipWithError(result->warnings.front().c_str());
    stats = result->stats;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(rows) * state.iterations());
  state.counters["matched"] = static_cast<double>(stats.rows_matched);
  state.counters["groups"] = static_cast<double>(stats.groups);
  state.counters["MB"] = static_cast<double>(stats.memory) / 1e6;
}

// The first is threads.
#define WEIR_QUERY(name, ...) \
  BENCHMARK_CAPTURE(run, name, __VA_ARGS__)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime()

WEIR_QUERY(talk_conv, "sip,dip", "");
WEIR_QUERY(five_tuple, "sip,dip,sport,dport,proto", "");
WEIR_QUERY(one_port_by_sip, "sip", "dport = 53");
WEIR_QUERY(few_percent_by_sip, "sip", "src_as = 64500");
WEIR_QUERY(one_host, "sip,dip,dport,proto", "snet = 10.0.0.0/16 & dport < 1024");
WEIR_QUERY(by_time, "time,proto", "");
WEIR_QUERY(by_interface, "iface,proto", "");
WEIR_QUERY(biflows, "sip,dip,dport,proto", "", true);

#undef WEIR_QUERY

}  // namespace
}  // namespace weir
