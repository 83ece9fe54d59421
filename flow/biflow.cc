#include "flow/biflow.h"

#include <cstddef>
#include <iterator>
#include <utility>

#include "flow/field_table.h"
#include "flow/sides.h"

namespace weir {
namespace {

struct Mask {
  std::uint64_t bits[2] = {0, 0};

  constexpr void add(FieldId id) {
    const auto n = static_cast<unsigned>(id);
    bits[n >> 6] |= std::uint64_t{1} << (n & 63);
  }
};

constexpr Mask mask_of(auto... ids) {
  Mask mask;
  (mask.add(ids), ...);
  return mask;
}

constexpr Mask kReverseFields = [] {
  Mask mask;
#define WEIR_FIELD(name, home, member, type, group, elements, aliases) \
  if (FieldGroup::k##group == FieldGroup::kReverse) mask.add(FieldId::name);
#include "flow/fields.def"
#undef WEIR_FIELD
  return mask;
}();

constexpr Mask kForwardOnly =
    mask_of(FieldId::next_hop, FieldId::bgp_next_hop, FieldId::next_hop_as, FieldId::ip_ttl, FieldId::ip_flags,
            FieldId::ipv6_flow_label, FieldId::fragment_id, FieldId::fragment_offset, FieldId::bgp_communities,
            FieldId::as_path, FieldId::mpls_ttl, FieldId::mpls_label, FieldId::mpls_ip, FieldId::forwarding_status);

// Fields that come from the reverse ones, present or not.
constexpr Mask kCounters = mask_of(FieldId::bytes, FieldId::packets, FieldId::tcp_flags);

void clear(Flow& flow, const Mask& mask) {
  flow.present[0] &= ~mask.bits[0];
  flow.present[1] &= ~mask.bits[1];
}

void mark_if(Flow& flow, bool present, FieldId id) {
  if (present) flow.mark(id);
}

// Each pair by the offsets that the table has of it, which the compiler knows: straight swaps, no loop.
template <std::size_t... Pair>
void swap_present(Flow& flow, std::index_sequence<Pair...>) {
  const auto swap = [&flow](FieldId a, FieldId b) {
    const bool had_a = flow.has(a), had_b = flow.has(b);
    clear(flow, mask_of(a, b));
    mark_if(flow, had_b, a);
    mark_if(flow, had_a, b);
  };
  (swap(kSides[Pair].first, kSides[Pair].second), ...);
}

void swap_sides(Flow& f, FlowCold& c) {
  static_assert(std::size(kSides) == 31, "swap here what flow/sides.h names; places have all but the first eleven");
  std::swap(f.src_addr, f.dst_addr);
  std::swap(f.src_addr_family, f.dst_addr_family);
  std::swap(f.src_port, f.dst_port);
  std::swap(f.in_if, f.out_if);
  std::swap(f.in_if_name, f.out_if_name);
  std::swap(f.src_mac, f.dst_mac);
  std::swap(f.src_vlan, f.dst_vlan);
  std::swap(f.src_as, f.dst_as);
  std::swap(f.src_mask, f.dst_mask);
  std::swap(c.post_nat_src_addr, c.post_nat_dst_addr);
  std::swap(c.post_nat_src_addr_family, c.post_nat_dst_addr_family);
  std::swap(c.post_nat_src_port, c.post_nat_dst_port);
  std::swap(c.ingress_vrf_id, c.egress_vrf_id);
  std::swap(f.src_place, f.dst_place);
  swap_present(f, std::make_index_sequence<std::size(kSides)>{});
}

void take_reverse_values(Flow& f, const FlowCold& c) {
  f.bytes = c.reverse_bytes;
  f.packets = c.reverse_packets;
  f.tcp_flags = c.reverse_tcp_flags;
  clear(f, kCounters);
  mark_if(f, f.has(FieldId::reverse_bytes), FieldId::bytes);
  mark_if(f, f.has(FieldId::reverse_packets), FieldId::packets);
  mark_if(f, f.has(FieldId::reverse_tcp_flags), FieldId::tcp_flags);
  if (f.has(FieldId::reverse_time_flow_start_ns)) {
    f.time_flow_start_ns = c.reverse_time_flow_start_ns;
    f.mark(FieldId::time_flow_start_ns);
  }
  if (f.has(FieldId::reverse_time_flow_end_ns)) {
    f.time_flow_end_ns = c.reverse_time_flow_end_ns;
    f.mark(FieldId::time_flow_end_ns);
  }
}

}  // namespace

bool has_reverse_traffic(const FlowBatch& batch, const Flow& flow) {
  if (flow.cold == 0) return false;
  const FlowCold& cold = batch.cold(flow);
  return (flow.has(FieldId::reverse_packets) && cold.reverse_packets != 0) ||
         (flow.has(FieldId::reverse_bytes) && cold.reverse_bytes != 0);
}

void clear_reverse_fields(Flow& flow) { clear(flow, kReverseFields); }

ReverseFlow reverse_of(const FlowBatch& batch, const Flow& flow) {
  ReverseFlow reverse{flow, batch.cold(flow)};
  swap_sides(reverse.flow, reverse.cold);
  take_reverse_values(reverse.flow, reverse.cold);
  if (flow.has(FieldId::flow_direction)) reverse.flow.flow_direction = flow.flow_direction == 0 ? 1 : 0;
  clear(reverse.flow, kForwardOnly);
  clear(reverse.flow, kReverseFields);
  return reverse;
}

}  // namespace weir
