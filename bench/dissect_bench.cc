// Dissecting a frame, by what stands in it, and a mix of frames that do not fit the cache.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "packet/dissect.h"
#include "tests/packet/frames.h"

namespace weir {
namespace {

using test::Buffer;
using test::ethernet;
using test::hex;
using test::ipv4;
using test::ipv6;
using test::operator+;

const Buffer kTcp = test::tcp(50000, 443, 0x018, Buffer(100, 0));
const Buffer kUdp = test::udp(50000, 53, Buffer(60, 0));

void dissect_one(benchmark::State& state, const Buffer& frame) {
  for (auto _ : state) {
    const DissectedPacket packet = dissect(LinkType::kEthernet, frame);
    benchmark::DoNotOptimize(&packet);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(dissect_one, ipv4_tcp, ethernet(0x0800, ipv4(6, kTcp)));
BENCHMARK_CAPTURE(dissect_one, ipv6_udp, ethernet(0x86dd, ipv6(17, kUdp)));
BENCHMARK_CAPTURE(dissect_one, qinq_ipv4_udp, ethernet(0x88a8, hex("00c8 8100 0064 0800") + ipv4(17, kUdp)));
BENCHMARK_CAPTURE(dissect_one, mpls_ipv4_tcp, ethernet(0x8847, hex("00064040 000c81ff") + ipv4(6, kTcp)));
BENCHMARK_CAPTURE(dissect_one, ipv6_extensions,
                  ethernet(0x86dd, ipv6(0, hex("3c00010400000000 1100010400000000") + kUdp)));

// 64 MiB of frames of the kinds above, one after the other, as from a capture ring.
void dissect_ring(benchmark::State& state) {
  const Buffer kinds[] = {ethernet(0x0800, ipv4(6, kTcp)), ethernet(0x86dd, ipv6(17, kUdp)),
                          ethernet(0x0800, ipv4(17, kUdp)), ethernet(0x8100, hex("0064 0800") + ipv4(6, kTcp))};
  constexpr std::size_t kSlot = 256, kSlots = (64 << 20) / kSlot;
  Buffer ring(kSlot * kSlots);
  std::vector<Bytes> frames;
  for (std::size_t i = 0; i < kSlots; ++i) {
    const Buffer& frame = kinds[i * 2654435761U % 4];
    std::copy(frame.begin(), frame.end(), ring.begin() + static_cast<std::ptrdiff_t>(i * kSlot));
    frames.emplace_back(&ring[i * kSlot], frame.size());
  }
  std::size_t at = 0;
  for (auto _ : state) {
    const DissectedPacket packet = dissect(LinkType::kEthernet, frames[at]);
    benchmark::DoNotOptimize(&packet);
    benchmark::ClobberMemory();
    if (++at == kSlots) at = 0;
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(dissect_ring);

}  // namespace
}  // namespace weir
