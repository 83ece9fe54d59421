// From frames to the flow table: one hot flow, 20,000 flows, and a million hit at random; and what a million takes.
//
// Frames lie one after the other as in a capture ring: for the hot flow one that stays in the cache, as a ring does
// whose reader keeps up, for many flows one that is much larger than the cache.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <vector>

#include "exporter/metering/meter.h"
#include "tests/packet/frames.h"

namespace weir {
namespace {

constexpr std::size_t kFrames = 1 << 20, kHotFrames = 1 << 13;
constexpr std::size_t kSlot = 128;
constexpr std::size_t kChunk = 64;  // frames handed over at a time
constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;

std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// A ring of frames of `flows` TCP flows, chosen at random, either direction.
class Ring {
 public:
  Ring(std::size_t flows, bool v6, std::size_t size) : bytes_(size * kSlot), frames_(size) {
    const test::Buffer segment = test::tcp(0, 443, 0x010, test::Buffer(40, 0));
    const test::Buffer frame =
        v6 ? test::ethernet(0x86dd, test::ipv6(6, segment)) : test::ethernet(0x0800, test::ipv4(6, segment));
    std::mt19937_64 random(1);
    std::vector<std::uint32_t> order(size);
    for (std::size_t i = 0; i < size; ++i) order[i] = static_cast<std::uint32_t>(i < flows ? i : random() % flows);
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t i = 0; i < size; ++i) {
      std::uint8_t* const at = &bytes_[i * kSlot];
      std::memcpy(at, frame.data(), frame.size());
      write_flow(at + 14, order[i], (random() & 1) != 0, v6);
      frames_[i].time_ns = kStart + i * 1000;
      frames_[i].data = at;
      frames_[i].captured = frames_[i].wire_length = static_cast<std::uint32_t>(frame.size());
      frames_[i].interface = 1;
    }
  }

  std::span<const Frame> frames() const { return frames_; }

 private:
  // The flow's number becomes the client's address and port.
  static void write_flow(std::uint8_t* ip, std::uint32_t flow, bool reversed, bool v6) {
    const std::size_t src = v6 ? 8 : 12, size = v6 ? 16 : 4;
    std::uint8_t* const tcp = ip + (v6 ? 40 : 20);
    store_be32(ip + src + size - 4, 0x0a000000 + flow / 50);
    store_be16(tcp, static_cast<std::uint16_t>(32768 + flow % 50));
    if (!reversed) return;
    std::uint8_t swapped[16];
    std::memcpy(swapped, ip + src, size);
    std::memmove(ip + src, ip + src + size, size);
    std::memcpy(ip + src + size, swapped, size);
    const std::uint16_t port = load_be16(tcp);
    std::memcpy(tcp, tcp + 2, 2);
    store_be16(tcp + 2, port);
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<Frame> frames_;
};

void meter_flows(benchmark::State& state, std::size_t flows, bool v6, std::size_t max_flows = 1'000'000) {
  const std::size_t size = flows == 1 ? kHotFrames : kFrames;
  const Ring ring(flows, v6, size);
  const std::size_t before = resident_bytes();
  BatchWriter out(BatchPool::create(), [](BatchRef) {});
  Meter meter({.max_flows = max_flows}, out);
  std::size_t at = 0;
  const auto next = [&] {
    meter.add(ring.frames().subspan(at, kChunk), 0);
    at = (at + kChunk) % size;
  };
  for (std::size_t i = 0; i < size / kChunk; ++i) next();
  for (auto _ : state) next();
  const auto packets = static_cast<std::int64_t>(kChunk) * state.iterations();
  state.SetItemsProcessed(packets);
  const MeterStatus status = meter.status();
  state.counters["flows"] = static_cast<double>(status.flows_active);
  state.counters["bytes_per_flow"] =
      static_cast<double>(resident_bytes() - before) / static_cast<double>(status.flows_active);
  state.counters["ns_per_packet"] =
      benchmark::Counter(static_cast<double>(packets) / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(meter_flows, hot_ipv4, 1, false);
BENCHMARK_CAPTURE(meter_flows, hot_ipv6, 1, true);
BENCHMARK_CAPTURE(meter_flows, 20k_ipv4, 20'000, false);
BENCHMARK_CAPTURE(meter_flows, 1M_ipv4, 1'000'000, false);
BENCHMARK_CAPTURE(meter_flows, 1M_ipv6, 1'000'000, true);
// A flood of flows of one packet each: nearly every packet makes a flow, and the full table ends another for it.
BENCHMARK_CAPTURE(meter_flows, flood, kFrames, false, 500'000);

}  // namespace
}  // namespace weir
