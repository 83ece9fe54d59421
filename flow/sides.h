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
    {FieldId::src_geo_country_name, FieldId::dst_geo_country_name},
    {FieldId::src_geo_country_code, FieldId::dst_geo_country_code},
    {FieldId::src_geo_region_name, FieldId::dst_geo_region_name},
    {FieldId::src_geo_city_name, FieldId::dst_geo_city_name},
    {FieldId::src_geo_latitude, FieldId::dst_geo_latitude},
    {FieldId::src_geo_longitude, FieldId::dst_geo_longitude},
    {FieldId::src_asn_autonomous_system_number, FieldId::dst_asn_autonomous_system_number},
    {FieldId::src_asn_autonomous_system_organization, FieldId::dst_asn_autonomous_system_organization},
    {FieldId::src_isp, FieldId::dst_isp},
    {FieldId::src_organization, FieldId::dst_organization},
    {FieldId::src_is_anonymous, FieldId::dst_is_anonymous},
    {FieldId::src_is_anonymous_vpn, FieldId::dst_is_anonymous_vpn},
    {FieldId::src_is_hosting_provider, FieldId::dst_is_hosting_provider},
    {FieldId::src_is_public_proxy, FieldId::dst_is_public_proxy},
    {FieldId::src_is_residential_proxy, FieldId::dst_is_residential_proxy},
    {FieldId::src_is_tor_exit_node, FieldId::dst_is_tor_exit_node},
    {FieldId::src_net_name, FieldId::dst_net_name},
    {FieldId::src_net_site, FieldId::dst_net_site},
    {FieldId::src_net_role, FieldId::dst_net_role},
    {FieldId::src_net_tenant, FieldId::dst_net_tenant},
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
