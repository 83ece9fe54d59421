// Handing over packets: from a ring that is full, and from a file.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "exporter/capture/file_capture.h"
#include "exporter/capture/ring_source.h"
#include "tests/packet/frames.h"
#include "tests/support/mock_ring.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFrame = 128;

void read_ring(benchmark::State& state) {
  auto made = std::make_unique<test::MockRing>(1 << 20, 8);
  test::MockRing& ring = *made;
  const std::vector<std::uint8_t> bytes(kFrame);
  while (!ring.is_with_reader(7)) ring.put({.data = bytes});
  auto source = *RingSource::create();
  source->add(std::move(made));
  std::uint64_t packets = 0, sum = 0;
  for (auto _ : state) {
    const auto frames = source->next(0ms);
    for (const Frame& frame : *frames) sum += frame.wire_length + frame.data[12];
    packets += frames->size();
    // What was given back is full again at once.
    for (unsigned b = 0; b < 8; ++b) ring.block(b).hdr.bh1.block_status = TP_STATUS_USER;
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
}
BENCHMARK(read_ring);

void read_file(benchmark::State& state) {
  constexpr unsigned kPackets = 1'000'000;
  std::string path = "/tmp/weir-capture-bench-XXXXXX";
  ::close(::mkstemp(path.data()));
  {
    std::ofstream file(path, std::ios::binary);
    const auto one = test::PcapBuilder(1).add(test::Buffer(static_cast<std::size_t>(state.range(0)))).bytes;
    file.write(reinterpret_cast<const char*>(one.data()), 24);
    for (unsigned i = 0; i < kPackets; ++i)
      file.write(reinterpret_cast<const char*>(one.data()) + 24, std::ssize(one) - 24);
  }
  std::uint64_t packets = 0, sum = 0;
  for (auto _ : state) {
    auto source = *open_file_capture(path);
    while (!source->ended()) {
      const auto frames = source->next(0ms);
      for (const Frame& frame : *frames) sum += frame.wire_length + frame.data[12];
      packets += frames->size();
    }
  }
  ::unlink(path.c_str());
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
}
BENCHMARK(read_file)->Arg(90)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir
