// Making roll-ups of a day of realistic flows (dataset.h): how fast, and how large a row is.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "bench/dataset.h"
#include "store/rollup.h"
#include "store/row_buffer.h"
#include "store/segment_writer.h"

namespace weir::bench {
namespace {

using Segments = std::vector<std::shared_ptr<const Segment>>;

std::shared_ptr<const Segment> open_image(std::string image) { return *Segment::from_image(std::move(image), "bench"); }

// A day of `flows` flows in segments as the journal leaves them.
Segments make_day(std::uint64_t flows) {
  constexpr std::size_t kSegmentRows = 256 * 1024;
  Segments segments;
  RowBuffer rows;
  const auto cut = [&] {
    segments.push_back(open_image(encode_segment(rows, 0, rows.rows(), {})));
    rows.clear();
  };
  Dataset dataset({.flows = flows, .days = 1});
  BatchWriter writer(BatchPool::create(), [&](const BatchRef& batch) {
    rows.append(*batch);
    if (rows.rows() >= kSegmentRows) cut();
  });
  for (Datagram datagram = dataset.next(); !datagram.flows.empty(); datagram = dataset.next()) {
    append(datagram, writer);
  }
  writer.flush();
  if (rows.rows() != 0) cut();
  return segments;
}

// Arguments: flows of the day; the budget in MiB.
void roll_up(benchmark::State& state) {
  const auto flows = static_cast<std::uint64_t>(state.range(0));
  const Segments day = make_day(flows);
  std::uint64_t bytes = 0, rows = 0, images_made = 0;
  for (auto _ : state) {
    MemoryBudget budget(static_cast<std::size_t>(state.range(1)) << 20);
    std::uint64_t id = 1;
    auto images = make_rollup(day, id, budget);
    if (!images) return state.SkipWithError(images.error().message.c_str());
    state.PauseTiming();
    bytes = rows = 0;
    images_made = images->size();
    for (std::string& image : *images) {
      bytes += image.size();
      rows += open_image(std::move(image))->summary().rows;
    }
    state.ResumeTiming();
  }
  const auto per = [](std::uint64_t a, std::uint64_t b) { return static_cast<double>(a) / static_cast<double>(b); };
  state.SetItemsProcessed(static_cast<std::int64_t>(flows) * state.iterations());
  state.counters["bytes/row"] = per(bytes, rows);
  state.counters["bytes/flow"] = per(bytes, flows);
  state.counters["flows/row"] = per(flows, rows);
  state.counters["segments"] = static_cast<double>(images_made);
}
BENCHMARK(roll_up)
    ->Args({1'000'000, 1024})
    ->Args({10'000'000, 4096})
    ->Args({10'000'000, 512})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench
