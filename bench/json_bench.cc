// Records to text, per core: JSON in every selection of fields, and CSV.
#include <benchmark/benchmark.h>

#include <random>

#include "flow/batch.h"
#include "flow/names.h"
#include "sinks/record_writer.h"

namespace weir {
namespace {

struct Shape {
  std::size_t flows_per_datagram = 24;
  bool extras = false;
};

void mark(Flow& flow, std::initializer_list<FieldId> ids) {
  for (const FieldId id : ids) flow.mark(id);
}

// The twenty fields or so that a router's template carries, with values of realistic length.
void fill(Flow& flow, std::mt19937_64& random) {
  const auto pick = [&](std::uint64_t below) { return random() % below; };
  flow.time_flow_end_ns = 1'789'000'000'000'000'000 + pick(60'000) * 1'000'000;
  flow.time_flow_start_ns = flow.time_flow_end_ns - pick(30'000) * 1'000'000;
  flow.packets = 1 + pick(1000);
  flow.bytes = flow.packets * (40 + pick(1400));
  const auto host = [&](AddressBytes& address, Family& family, std::uint32_t net) {
    address = IpAddress::v4(net | static_cast<std::uint32_t>(pick(1 << 20))).bytes;
    family = Family::kV4;
  };
  host(flow.src_addr, flow.src_addr_family, 0x0a000000);
  host(flow.dst_addr, flow.dst_addr_family, 0xc6330000);
  host(flow.next_hop, flow.next_hop_family, 0xc0000200);
  flow.etype = kEtypeIpv4;
  flow.proto = pick(3) == 0 ? kProtoUdp : kProtoTcp;
  flow.src_port = static_cast<std::uint16_t>(1024 + pick(60'000));
  flow.dst_port = pick(2) == 0 ? 443 : 53;
  flow.in_if = static_cast<std::uint32_t>(pick(48));
  flow.out_if = static_cast<std::uint32_t>(pick(48));
  flow.ip_tos = static_cast<std::uint8_t>(pick(256));
  flow.tcp_flags = 0x1b;
  flow.src_as = static_cast<std::uint32_t>(pick(400'000));
  flow.dst_as = static_cast<std::uint32_t>(pick(400'000));
  flow.src_mask = 20;
  flow.dst_mask = 24;
  flow.sampling_rate = 1000;
  mark(flow, {FieldId::time_flow_start_ns,
              FieldId::time_flow_end_ns,
              FieldId::bytes,
              FieldId::packets,
              FieldId::src_addr,
              FieldId::dst_addr,
              FieldId::next_hop,
              FieldId::etype,
              FieldId::proto,
              FieldId::src_port,
              FieldId::dst_port,
              FieldId::in_if,
              FieldId::out_if,
              FieldId::ip_tos,
              FieldId::tcp_flags,
              FieldId::src_as,
              FieldId::dst_as,
              FieldId::src_net,
              FieldId::dst_net,
              FieldId::sampling_rate,
              FieldId::flow_direction});
}

// flowStartSysUpTime, ipClassOfService, interfaceDescription and an enterprise's unknown element.
void add_extras(BatchWriter& writer, Flow& flow) {
  struct {
    ExtrasHeader header{4};
    Extra entries[4] = {{0, 22, 0, 4}, {0, 195, 0, 1}, {0, 83, 0, 16}, {64999, 1, 0, 7}};
    char bytes[28] = {0, 1, 2, 3, 4, 'G', 'i', 'g', 'a', 'b', 'i', 't', 'E', 't', 'h', 'e', 'r', 'n', 'e', 't', '0'};
  } extras;
  flow.extras = writer.store({reinterpret_cast<const std::uint8_t*>(&extras), sizeof extras}).offset;
}

BatchRef make_batch(const Shape& shape) {
  BatchRef result;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) {
    if (!result) result = std::move(batch);
  });
  std::mt19937_64 random(1);
  Origin origin{};
  origin.protocol = FlowProtocol::kNetflowV9;
  origin.sampler_address = IpAddress::v4(0xc0000201).bytes;
  origin.sampler_address_family = Family::kV4;
  for (std::size_t i = 0; !result; ++i) {
    if (i % shape.flows_per_datagram == 0) {
      origin.time_received_ns = 1'789'000'060'000'000'000 + random() % 1'000'000'000;
      ++origin.sequence_num;
      writer.set_origin(origin);
    }
    Flow& flow = *writer.add(128);
    fill(flow, random);
    if (shape.extras) add_extras(writer, flow);
  }
  return result;
}

void write_records(benchmark::State& state, RecordFormat format, FieldSelection fields, const Shape& shape) {
  const RecordWriter writer(format, fields, true);
  const BatchRef batch = make_batch(shape);
  std::string out;
  std::size_t records = 0, bytes = 0;
  for (auto _ : state) {
    out.clear();
    records += writer.append(*batch, out);
    bytes += out.size();
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["bytes/record"] = static_cast<double>(bytes) / static_cast<double>(records);
}

BENCHMARK_CAPTURE(write_records, json_full, RecordFormat::kJsonLines, FieldSelection::kFull, Shape{});
BENCHMARK_CAPTURE(write_records, json_full_one_flow_a_datagram, RecordFormat::kJsonLines, FieldSelection::kFull,
                  Shape{1});
BENCHMARK_CAPTURE(write_records, json_compact, RecordFormat::kJsonLines, FieldSelection::kCompact, Shape{});
BENCHMARK_CAPTURE(write_records, json_all, RecordFormat::kJsonLines, FieldSelection::kAll, Shape{24, true});
BENCHMARK_CAPTURE(write_records, csv, RecordFormat::kCsv, FieldSelection::kFull, Shape{});

}  // namespace
}  // namespace weir
