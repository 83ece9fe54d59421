// The fields that belong to a flow's two sides: what is the source's in one direction is the destination's in the
// other.
//
// Everything is constexpr: free to use from any thread.
#pragma once

#include <utility>

#include "flow/flow.h"

namespace weir {

inline constexpr std::pair<FieldId, FieldId> kSides[] = {
    {FieldId::src_addr, FieldId::dst_addr},
    {FieldId::src_port, FieldId::dst_port},
    {FieldId::in_if, FieldId::out_if},
    {FieldId::src_mac, FieldId::dst_mac},
    {FieldId::src_vlan, FieldId::dst_vlan},
    {FieldId::src_as, FieldId::dst_as},
    {FieldId::src_net, FieldId::dst_net},
    {FieldId::post_nat_src_addr, FieldId::post_nat_dst_addr},
    {FieldId::post_nat_src_port, FieldId::post_nat_dst_port},
    {FieldId::ingress_vrf_id, FieldId::egress_vrf_id},
    {FieldId::in_if_name, FieldId::out_if_name},
};

// The same thing at the other side; the field itself where it has no side.
constexpr FieldId other_side(FieldId field) {
  for (const auto& [one, other] : kSides) {
    if (field == one) return other;
    if (field == other) return one;
  }
  return field;
}

}  // namespace weir
