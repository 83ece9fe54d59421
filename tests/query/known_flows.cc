#include "tests/query/known_flows.h"

namespace weir::test {
namespace {

void set_address(AddressBytes& bytes, Family& family, const std::string& text) {
  if (text.empty()) return;
  const IpAddress address = IpAddress::parse(text).value();
  bytes = address.bytes;
  family = address.family;
}

void add(BatchWriter& writer, const KnownFlow& known) {
  Origin origin{};
  const std::uint64_t start = kFlowsBegin + known.start_s * 1000 * kMs;
  origin.time_received_ns = start + known.length_s * 1000 * kMs;
  set_address(origin.sampler_address, origin.sampler_address_family, known.exporter);
  writer.set_origin(origin, known.host);
  Flow& flow = *writer.add(256);
  const auto set = [&](FieldId id, auto& member, auto value) {
    member = static_cast<std::remove_reference_t<decltype(member)>>(value);
    flow.mark(id);
  };
  set_address(flow.src_addr, flow.src_addr_family, known.src);
  set_address(flow.dst_addr, flow.dst_addr_family, known.dst);
  flow.mark(FieldId::src_addr);
  flow.mark(FieldId::dst_addr);
  set(FieldId::src_port, flow.src_port, known.src_port);
  set(FieldId::dst_port, flow.dst_port, known.dst_port);
  set(FieldId::proto, flow.proto, known.proto);
  set(FieldId::bytes, flow.bytes, known.bytes);
  set(FieldId::packets, flow.packets, known.packets);
  set(FieldId::time_flow_start_ns, flow.time_flow_start_ns, start);
  set(FieldId::time_flow_end_ns, flow.time_flow_end_ns, origin.time_received_ns);
  if (known.direction) set(FieldId::flow_direction, flow.flow_direction, *known.direction);
  if (known.sampling_rate != 0) set(FieldId::sampling_rate, flow.sampling_rate, known.sampling_rate);
  if (known.icmp_type) set(FieldId::icmp_type, flow.icmp_type, *known.icmp_type);
  if (known.reverse_bytes) set(FieldId::reverse_bytes, writer.cold().reverse_bytes, *known.reverse_bytes);
  if (known.reverse_packets) set(FieldId::reverse_packets, writer.cold().reverse_packets, *known.reverse_packets);
  if (!known.in.empty()) set(FieldId::in_if_name, flow.in_if_name, writer.store(as_bytes(known.in)));
  if (!known.out.empty()) set(FieldId::out_if_name, flow.out_if_name, writer.store(as_bytes(known.out)));
}

}  // namespace

std::vector<BatchRef> batches_of(const std::vector<KnownFlow>& flows) {
  std::vector<BatchRef> batches;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { batches.push_back(std::move(batch)); });
  for (const KnownFlow& flow : flows) add(writer, flow);
  writer.flush();
  return batches;
}

TestStore store_of(const std::vector<KnownFlow>& flows) {
  TestStore store;
  store.add(batches_of(flows));
  return store;
}

}  // namespace weir::test
