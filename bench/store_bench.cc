// The store's inner loops: taking rows in, encoding segments, merging them, reading columns.
//
// Flows are those of dataset.h. WEIR_COLUMNS=1 tells what each column of the merged segment takes.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <vector>

#include "bench/dataset.h"
#include "store/row_buffer.h"
#include "store/segment.h"
#include "store/segment_writer.h"

namespace weir {
namespace {

// The density of a hundred million in ten days.
constexpr std::uint64_t kFlowsADay = 10'000'000;
constexpr std::size_t kSegmentRows = 256 * 1024;
constexpr std::size_t kSegments = 4;

std::vector<BatchRef> make_batches(std::size_t count) {
  std::vector<BatchRef> batches;
  bench::Dataset dataset({.flows = kFlowsADay, .days = 1});
  BatchWriter writer(BatchPool::create(0), [&](BatchRef b) { batches.push_back(std::move(b)); });
  std::size_t made = 0;
  // Through the night to the morning: by then a flow's hosts have been seen before.
  for (std::size_t skipped = 0; skipped < kFlowsADay / 3;) skipped += dataset.next().flows.size();
  while (made < count) {
    const bench::Datagram datagram = dataset.next();
    made += datagram.flows.size();
    bench::append(datagram, writer);
  }
  writer.flush();
  return batches;
}

const std::vector<BatchRef>& batches() {
  static const std::vector<BatchRef> made = make_batches(kSegmentRows);
  return made;
}

RowBuffer filled(const std::vector<BatchRef>& from) {
  RowBuffer buffer;
  for (const BatchRef& batch : from) buffer.append(*batch);
  return buffer;
}

void set_counters(benchmark::State& state, std::size_t flows, std::size_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * flows));
  state.counters["bytes/flow"] = static_cast<double>(bytes) / static_cast<double>(flows);
  state.counters["ns/flow"] = benchmark::Counter(
      static_cast<double>(flows) * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Brings a batch into the cache, where it is when it comes from the decoder.
void touch(const FlowBatch& batch) {
  std::uint64_t sum = 0;
  for (const Flow& flow : batch.flows()) {
    sum += flow.bytes + flow.src_mac[0] + batch.origin(flow).sequence_num;
    if (flow.cold != 0) sum += batch.cold(flow).flow_id + batch.cold(flow).nat_event;
  }
  benchmark::DoNotOptimize(sum);
}

void append(benchmark::State& state) {
  batches();
  RowBuffer buffer;
  for (auto _ : state) {
    buffer.clear();
    for (const BatchRef& batch : batches()) {
      state.PauseTiming();
      touch(*batch);
      state.ResumeTiming();
      buffer.append(*batch);
    }
  }
  set_counters(state, buffer.rows(), buffer.memory());
}
BENCHMARK(append);

void encode_quick(benchmark::State& state) {
  const RowBuffer buffer = filled(batches());
  std::string image;
  for (auto _ : state) image = encode_segment(buffer, 0, buffer.rows(), {.times = {}});
  set_counters(state, buffer.rows(), image.size());
}
BENCHMARK(encode_quick);

// The journal's frames.
void encode_frames(benchmark::State& state) {
  const RowBuffer buffer = filled(batches());
  const auto frame = static_cast<std::size_t>(state.range(0));
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    for (std::size_t first = 0; first + frame <= buffer.rows(); first += frame) {
      bytes += encode_segment(buffer, first, frame, {.times = {}}).size();
    }
  }
  set_counters(state, buffer.rows() / frame * frame, bytes);
}
BENCHMARK(encode_frames)->Arg(10)->Arg(200)->Arg(2000)->Arg(16384);

std::vector<std::shared_ptr<const Segment>> make_inputs() {
  std::vector<std::shared_ptr<const Segment>> inputs;
  const auto all = make_batches(kSegmentRows * kSegments);
  RowBuffer buffer;
  for (const BatchRef& batch : all) {
    buffer.append(*batch);
    if (buffer.rows() < kSegmentRows && batch != all.back()) continue;
    inputs.push_back(*Segment::from_image(encode_segment(buffer, 0, buffer.rows(), {.times = {}}), "input"));
    buffer.clear();
  }
  return inputs;
}

void merge(benchmark::State& state) {
  const auto inputs = make_inputs();
  std::string image;
  for (auto _ : state) image = *merge_segments(inputs, {.effort = Effort::kSmall, .times = {}});
  const auto segment = *Segment::from_image(image, "merged");
  set_counters(state, segment->summary().rows, image.size());
  if (std::getenv("WEIR_COLUMNS") == nullptr) return;
  const double rows = segment->summary().rows;
  for (const ColumnInfo& info : kColumns) {
    if (!segment->has(info.id)) continue;
    std::fprintf(stderr, "%-24s %7.3f bytes/flow\n", std::string(info.name).c_str(),
                 static_cast<double>(segment->column_size(info.id)) / rows);
  }
}
BENCHMARK(merge)->Unit(benchmark::kMillisecond);

const Segment& merged() {
  static const auto segment =
      *Segment::from_image(*merge_segments(make_inputs(), {.effort = Effort::kSmall, .times = {}}), "merged");
  return *segment;
}

template <typename T>
void read_column(benchmark::State& state, ColumnId id) {
  Scratch scratch;
  std::vector<T> out(kBlockRows);
  const Segment& segment = merged();
  for (auto _ : state) {
    for (unsigned block = 0; block < segment.blocks(); ++block) {
      if (!segment.read(id, block, scratch, out.data())) std::abort();
      benchmark::DoNotOptimize(out.data());
    }
  }
  set_counters(state, segment.summary().rows, segment.column_size(id));
}

template <typename T>
void gather_column(benchmark::State& state, ColumnId id) {
  Scratch scratch;
  std::vector<T> out(kBlockRows);
  const Segment& segment = merged();
  std::vector<std::uint16_t> picks(kBlockRows / 20);
  for (std::size_t i = 0; i < picks.size(); ++i) picks[i] = static_cast<std::uint16_t>(i * 20 + i % 7);
  const unsigned blocks = segment.blocks() - 1;
  for (auto _ : state) {
    for (unsigned block = 0; block < blocks; ++block) {
      if (!segment.gather(id, block, picks, scratch, out.data())) std::abort();
      benchmark::DoNotOptimize(out.data());
    }
  }
  set_counters(state, blocks * picks.size(), 0);
}

// One column after the other; those that are the same in all rows are left out.
template <typename Wide, typename Narrow>
void each_column(benchmark::State& state, Wide wide, Narrow narrow) {
  const ColumnInfo& info = kColumns[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(std::string(info.name));
  if (info.kind == ColumnKind::kExtras || merged().column_size(info.id) < 2000) return state.SkipWithError("constant");
  info.kind == ColumnKind::kWide ? wide(state, info.id) : narrow(state, info.id);
}

void read(benchmark::State& state) { each_column(state, read_column<std::uint64_t>, read_column<std::uint32_t>); }
BENCHMARK(read)->DenseRange(0, kColumnCount - 1);

// A twentieth of the rows.
void gather(benchmark::State& state) { each_column(state, gather_column<std::uint64_t>, gather_column<std::uint32_t>); }
BENCHMARK(gather)->DenseRange(0, kColumnCount - 1);

}  // namespace
}  // namespace weir
