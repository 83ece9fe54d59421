// The store's writer as a whole: append and journal, whose frames are the first segments, with their fsync; and the
// same with what makes small segments of them. CPU time is that of all threads.
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <time.h>

#include <filesystem>
#include <vector>

#include "bench/dataset.h"
#include "store/store_writer.h"

namespace weir {
namespace {

constexpr std::size_t kFlows = 1 << 20;
constexpr int kRounds = 4;  // two segments

const std::vector<BatchRef>& batches() {
  static const std::vector<BatchRef> made = [] {
    std::vector<BatchRef> all;
    bench::Dataset dataset({.flows = kFlows, .days = 1});
    BatchWriter writer(BatchPool::create(0), [&](BatchRef batch) { all.push_back(std::move(batch)); });
    for (auto datagram = dataset.next(); !datagram.flows.empty(); datagram = dataset.next()) append(datagram, writer);
    writer.flush();
    return all;
  }();
  return made;
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void write_store(benchmark::State& state, bool compact) {
  std::size_t flows = 0;
  for (const BatchRef& batch : batches()) flows += batch->flows().size();
  if (compact) flows *= kRounds;
  double cpu = 0;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    std::string name = (std::filesystem::temp_directory_path() / "weir-bench-XXXXXX").string();
    StoreOptions options;
    options.dir = ::mkdtemp(name.data());
    options.compact = false;
    const int rounds = compact ? kRounds : 1;
    const double before = cpu_seconds();
    auto writer = StoreWriter::open(options);
    if (!writer) return state.SkipWithError(writer.error().message.c_str());
    for (int round = 0; round < rounds; ++round) {
      for (const BatchRef& batch : batches()) (*writer)->append(*batch);
    }
    (*writer)->flush();
    if (compact) (void)(*writer)->compact();
    bytes = (*writer)->status().bytes_on_disk;
    (*writer)->close();
    cpu += cpu_seconds() - before;
    std::filesystem::remove_all(options.dir);
  }
  const double total = static_cast<double>(flows) * static_cast<double>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
  state.counters["cpu_ns/flow"] = cpu * 1e9 / total;
  state.counters["bytes/flow"] = static_cast<double>(bytes) / static_cast<double>(flows);
}

void append_and_journal(benchmark::State& state) { write_store(state, false); }
BENCHMARK(append_and_journal)->UseRealTime()->Unit(benchmark::kMillisecond);

void with_compaction(benchmark::State& state) { write_store(state, true); }
BENCHMARK(with_compaction)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir
