#include "tests/store/numbered_flows.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace weir::test {
namespace {

Origin origin_at(std::uint64_t received_ns) {
  Origin origin{};
  origin.time_received_ns = received_ns;
  origin.protocol = FlowProtocol::kIpfix;
  const IpAddress exporter = IpAddress::v4(0xc0000201);
  origin.sampler_address = exporter.bytes;
  origin.sampler_address_family = exporter.family;
  return origin;
}

void fill(BatchWriter& writer, Flow& flow, std::uint64_t number, std::uint64_t time_ns) {
  flow.src_addr = IpAddress::v4(static_cast<std::uint32_t>(0x0a000000 + number % 5000)).bytes;
  flow.dst_addr = IpAddress::v4(static_cast<std::uint32_t>(0x0a800000 + number % 300)).bytes;
  flow.src_addr_family = flow.dst_addr_family = Family::kV4;
  flow.src_port = static_cast<std::uint16_t>(32768 + number % 20000);
  flow.dst_port = 443;
  flow.proto = 6;
  flow.bytes = number;
  flow.packets = 1;
  flow.time_flow_start_ns = time_ns - kNsPerSecond;
  flow.time_flow_end_ns = time_ns;
  for (const FieldId id :
       {FieldId::src_addr, FieldId::dst_addr, FieldId::src_port, FieldId::dst_port, FieldId::proto, FieldId::bytes,
        FieldId::packets, FieldId::time_flow_start_ns, FieldId::time_flow_end_ns, FieldId::flow_id})
    flow.mark(id);
  writer.cold().flow_id = number;
}

}  // namespace

std::vector<BatchRef> numbered(std::uint64_t first, std::uint64_t count, const FlowKind& kind) {
  std::vector<BatchRef> batches;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  std::uint64_t time = kind.received_ns != 0 ? kind.received_ns : wall_time_ns();
  for (std::uint64_t i = 0; i < count; ++i, time += kind.step_ns) {
    if (i == 0 || kind.step_ns != 0) writer.set_origin(origin_at(time));
    fill(writer, *writer.add(), first + i, time);
    if (writer.pending() >= kind.batch) writer.flush();
  }
  writer.flush();
  return batches;
}

std::map<std::uint64_t, unsigned> numbers_in(const Snapshot& snapshot) {
  std::map<std::uint64_t, unsigned> numbers;
  Scratch scratch;
  std::vector<std::uint64_t> values(kBlockRows);
  for (const auto& segment : snapshot.segments) {
    for (unsigned block = 0; block < segment->blocks(); ++block) {
      const auto read = segment->read(column_of(FieldId::flow_id), block, scratch, values.data());
      if (!read) ADD_FAILURE() << read.error().message;
      for (std::size_t row = 0; read && row < segment->rows_in(block); ++row) ++numbers[values[row]];
    }
  }
  return numbers;
}

std::string wrong_numbers(const std::map<std::uint64_t, unsigned>& numbers, std::uint64_t count) {
  std::uint64_t missing = 0, doubled = 0, alien = 0, first_missing = UINT64_MAX;
  for (std::uint64_t n = 0; n < count; ++n) {
    if (numbers.contains(n)) continue;
    ++missing;
    first_missing = std::min(first_missing, n);
  }
  for (const auto& [number, times] : numbers) {
    doubled += times > 1;
    alien += number >= count;
  }
  if (missing + doubled + alien == 0) return "";
  return std::to_string(missing) + " missing (the first: " + std::to_string(first_missing) + "), " +
         std::to_string(doubled) + " more than once, " + std::to_string(alien) + " that should not be there";
}

}  // namespace weir::test
