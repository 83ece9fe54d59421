#include "sinks/biflow.h"

#include <algorithm>
#include <cstddef>

#include "flow/field_table.h"
#include "flow/sides.h"

namespace weir {
namespace {

void set_present(Flow& flow, FieldId id, bool present) {
  const auto n = static_cast<unsigned>(id);
  const std::uint64_t bit = std::uint64_t{1} << (n & 63);
  flow.present[n >> 6] = present ? flow.present[n >> 6] | bit : flow.present[n >> 6] & ~bit;
}

void clear(Flow& flow, FieldId id) { set_present(flow, id, false); }

void swap_present(Flow& flow, FieldId a, FieldId b) {
  const bool had_a = flow.has(a);
  set_present(flow, a, flow.has(b));
  set_present(flow, b, had_a);
}

void swap_bytes(std::uint8_t* home, std::size_t a, std::size_t b, std::size_t width) {
  std::swap_ranges(home + a, home + a + width, home + b);
}

void swap_sides(Flow& f, FlowCold& c) {
  for (const auto& [one, other] : kSides) {
    const FieldInfo &a = field_info(one), &b = field_info(other);
    swap_present(f, one, other);
    if (in_place(a.home)) continue;
    auto* home = a.home == FieldHome::kFlow ? reinterpret_cast<std::uint8_t*>(&f) : reinterpret_cast<std::uint8_t*>(&c);
    swap_bytes(home, a.offset, b.offset, a.width);
    if (a.type == FieldType::kAddress) swap_bytes(home, a.family_offset, b.family_offset, sizeof(Family));
  }
  std::swap(f.src_place, f.dst_place);
}

void take_reverse_values(Flow& f, const FlowCold& c) {
  f.bytes = c.reverse_bytes;
  f.packets = c.reverse_packets;
  f.tcp_flags = c.reverse_tcp_flags;
  set_present(f, FieldId::bytes, f.has(FieldId::reverse_bytes));
  set_present(f, FieldId::packets, f.has(FieldId::reverse_packets));
  set_present(f, FieldId::tcp_flags, f.has(FieldId::reverse_tcp_flags));
  if (f.has(FieldId::reverse_time_flow_start_ns)) {
    f.time_flow_start_ns = c.reverse_time_flow_start_ns;
    f.mark(FieldId::time_flow_start_ns);
  }
  if (f.has(FieldId::reverse_time_flow_end_ns)) {
    f.time_flow_end_ns = c.reverse_time_flow_end_ns;
    f.mark(FieldId::time_flow_end_ns);
  }
}

constexpr FieldId kForwardOnly[] = {
    FieldId::next_hop,        FieldId::bgp_next_hop,      FieldId::next_hop_as, FieldId::ip_ttl,
    FieldId::ip_flags,        FieldId::ipv6_flow_label,   FieldId::fragment_id, FieldId::fragment_offset,
    FieldId::bgp_communities, FieldId::as_path,           FieldId::mpls_ttl,    FieldId::mpls_label,
    FieldId::mpls_ip,         FieldId::forwarding_status,
};

}  // namespace

bool has_reverse_traffic(const FlowBatch& batch, const Flow& flow) {
  if (flow.cold == 0) return false;
  const FlowCold& cold = batch.cold(flow);
  return (flow.has(FieldId::reverse_packets) && cold.reverse_packets != 0) ||
         (flow.has(FieldId::reverse_bytes) && cold.reverse_bytes != 0);
}

void clear_reverse_fields(Flow& flow) {
  for (const FieldInfo& field : kFields) {
    if (field.group == FieldGroup::kReverse) clear(flow, field.id);
  }
}

ReverseFlow reverse_of(const FlowBatch& batch, const Flow& flow) {
  ReverseFlow reverse{flow, batch.cold(flow)};
  swap_sides(reverse.flow, reverse.cold);
  take_reverse_values(reverse.flow, reverse.cold);
  if (flow.has(FieldId::flow_direction)) reverse.flow.flow_direction = flow.flow_direction == 0 ? 1 : 0;
  for (const FieldId id : kForwardOnly) clear(reverse.flow, id);
  clear_reverse_fields(reverse.flow);
  return reverse;
}

}  // namespace weir
