// Frames of any bytes at any times: every one must be accounted for, and what was counted must come out as records.
//
// The input is a byte of options, then frames: a byte of length, a byte of link type and kind, two bytes of time, the
// frame's bytes.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "exporter/metering/meter.h"

namespace {

constexpr std::array<weir::LinkType, 4> kTypes = {weir::LinkType::kEthernet, weir::LinkType::kRaw,
                                                  weir::LinkType::kLinuxSll2, weir::LinkType::kEthernet};

struct Totals {
  std::uint64_t packets = 0, bytes = 0;

  void add(const weir::FlowBatch& batch) {
    for (const weir::Flow& flow : batch.flows()) {
      const weir::FlowCold& cold = batch.cold(flow);
      packets += flow.packets + cold.reverse_packets;
      bytes += flow.bytes + cold.reverse_bytes;
      if (flow.packets + cold.reverse_packets == 0) std::abort();
      if (flow.time_flow_start_ns > flow.time_flow_end_ns) std::abort();
    }
  }
};

weir::MeterOptions options_of(std::uint8_t bits) {
  weir::MeterOptions options;
  options.max_flows = 1 + (bits & 7U);
  options.key.ports = (bits & 8U) == 0;
  options.inside_tunnels = (bits & 16U) != 0;
  options.drop_duplicates = bits == 0xff;  // its table is large
  options.flow_sampling = (bits & 64U) != 0 ? 2 : 1;
  options.active_ns = (bits & 128U) != 0 ? 1'000'000'000 : 60'000'000'000;
  return options;
}

// A jump in time, back or forth, from microseconds to years.
std::uint64_t moved(std::uint64_t time, std::uint8_t size, std::uint8_t steps) {
  const std::uint64_t step = std::uint64_t{steps} << (size & 63U);
  return (size & 64U) != 0 ? time - step : time + step;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Totals totals;
  weir::BatchWriter out(weir::BatchPool::create(), [&](weir::BatchRef batch) { totals.add(*batch); });
  weir::Meter meter(options_of(data[0]), out);
  std::vector<weir::Frame> frames;
  std::vector<std::vector<std::uint8_t>> copies;
  std::uint64_t time = 1'700'000'000'000'000'000;
  for (std::size_t at = 1; at + 4 <= size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 4);
    const std::uint8_t kind = data[at + 1];
    time = moved(time, data[at + 2], data[at + 3]);
    copies.emplace_back(data + at + 4, data + at + 4 + length);  // reading beyond the frame is found
    weir::Frame& frame = frames.emplace_back();
    frame.time_ns = time;
    frame.captured = static_cast<std::uint32_t>(length);
    frame.wire_length = static_cast<std::uint32_t>(length) + ((kind & 4U) != 0 ? 1000U : 0U);
    frame.link_type = kTypes[kind & 3U];
    frame.segment_size = (kind & 8U) != 0 ? static_cast<std::uint16_t>(1U << (kind >> 4)) : std::uint16_t{0};
    frame.direction = static_cast<weir::PacketDirection>((kind >> 4) % 3);
    at += 4 + length;
  }
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i].data = copies[i].data();
  meter.add(frames, 0);
  if (!meter.status().packets.balanced()) std::abort();
  meter.finish();
  out.flush();
  const weir::MeterStatus status = meter.status();
  if (!status.packets.balanced() || status.packets.held != 0 || status.flows_active != 0) std::abort();
  if (totals.packets != status.wire_packets || totals.bytes != status.bytes) std::abort();
  return 0;
}
