// Which columns tend to follow from which: what the writer tries. Nothing here is part of the format, where every
// column says what it leans on.
//
// Everything is constexpr: free to use from any thread.
#pragma once

#include <algorithm>
#include <array>
#include <iterator>

#include "store/column.h"

namespace weir::relations {

using enum FieldId;

// Columns that tend to lie a little before or after another.
struct Relative {
  ColumnId column;
  ColumnId base;
  bool minus;
};
inline constexpr Relative kRelatives[] = {
    {kTimeColumn, column_of(time_flow_end_ns), true},
    {kTimeColumn, column_of(time_received_ns), true},
    {column_of(time_flow_start_ns), column_of(time_flow_end_ns), true},
    {column_of(time_flow_end_ns), column_of(time_received_ns), true},
    {column_of(reverse_time_flow_start_ns), column_of(time_flow_start_ns), false},
    {column_of(reverse_time_flow_end_ns), column_of(time_flow_end_ns), true},
};

// Columns that tend to be a function of another: of an address or name, or of a small number.
struct Follower {
  ColumnId column;
  ColumnId leader;
};
inline constexpr Follower kFollowers[] = {
    {column_of(host), column_of(sampler_address)},
    {column_of(sampling_rate), column_of(sampler_address)},
    {column_of(observation_domain_id), column_of(sampler_address)},
    {column_of(etype), column_of(src_addr)},
    {column_of(etype), column_of(dst_addr)},
    {column_of(src_as), column_of(src_addr)},
    {column_of(src_net), column_of(src_addr)},
    {column_of(src_mac), column_of(src_addr)},
    {column_of(src_vlan), column_of(src_addr)},
    {column_of(in_if), column_of(src_addr)},
    {column_of(dst_as), column_of(dst_addr)},
    {column_of(dst_net), column_of(dst_addr)},
    {column_of(dst_mac), column_of(dst_addr)},
    {column_of(dst_vlan), column_of(dst_addr)},
    {column_of(out_if), column_of(dst_addr)},
    {column_of(next_hop), column_of(dst_addr)},
    {column_of(next_hop), column_of(out_if)},
    {column_of(bgp_next_hop), column_of(dst_addr)},
    {column_of(next_hop_as), column_of(dst_addr)},
    {column_of(as_path), column_of(dst_addr)},
    {column_of(bgp_communities), column_of(dst_addr)},
    {column_of(in_if_name), column_of(in_if)},
    {column_of(out_if_name), column_of(out_if)},
    {column_of(ingress_vrf_id), column_of(in_if)},
    {column_of(egress_vrf_id), column_of(out_if)},
    {column_of(vlan_id), column_of(in_if)},
    {column_of(post_nat_src_addr), column_of(src_addr)},
    {column_of(post_nat_dst_addr), column_of(dst_addr)},
    {column_of(src_geo_country_name), column_of(src_addr)},
    {column_of(src_geo_country_code), column_of(src_addr)},
    {column_of(src_geo_region_name), column_of(src_addr)},
    {column_of(src_geo_city_name), column_of(src_addr)},
    {column_of(src_geo_latitude), column_of(src_addr)},
    {column_of(src_geo_longitude), column_of(src_addr)},
    {column_of(src_asn_autonomous_system_number), column_of(src_addr)},
    {column_of(src_asn_autonomous_system_organization), column_of(src_addr)},
    {column_of(src_isp), column_of(src_addr)},
    {column_of(src_organization), column_of(src_addr)},
    {column_of(src_is_anonymous), column_of(src_addr)},
    {column_of(src_is_anonymous_vpn), column_of(src_addr)},
    {column_of(src_is_hosting_provider), column_of(src_addr)},
    {column_of(src_is_public_proxy), column_of(src_addr)},
    {column_of(src_is_residential_proxy), column_of(src_addr)},
    {column_of(src_is_tor_exit_node), column_of(src_addr)},
    {column_of(src_net_name), column_of(src_addr)},
    {column_of(src_net_site), column_of(src_addr)},
    {column_of(src_net_role), column_of(src_addr)},
    {column_of(src_net_tenant), column_of(src_addr)},
    {column_of(dst_geo_country_name), column_of(dst_addr)},
    {column_of(dst_geo_country_code), column_of(dst_addr)},
    {column_of(dst_geo_region_name), column_of(dst_addr)},
    {column_of(dst_geo_city_name), column_of(dst_addr)},
    {column_of(dst_geo_latitude), column_of(dst_addr)},
    {column_of(dst_geo_longitude), column_of(dst_addr)},
    {column_of(dst_asn_autonomous_system_number), column_of(dst_addr)},
    {column_of(dst_asn_autonomous_system_organization), column_of(dst_addr)},
    {column_of(dst_isp), column_of(dst_addr)},
    {column_of(dst_organization), column_of(dst_addr)},
    {column_of(dst_is_anonymous), column_of(dst_addr)},
    {column_of(dst_is_anonymous_vpn), column_of(dst_addr)},
    {column_of(dst_is_hosting_provider), column_of(dst_addr)},
    {column_of(dst_is_public_proxy), column_of(dst_addr)},
    {column_of(dst_is_residential_proxy), column_of(dst_addr)},
    {column_of(dst_is_tor_exit_node), column_of(dst_addr)},
    {column_of(dst_net_name), column_of(dst_addr)},
    {column_of(dst_net_site), column_of(dst_addr)},
    {column_of(dst_net_role), column_of(dst_addr)},
    {column_of(dst_net_tenant), column_of(dst_addr)},
};

// Columns that tend to have a value where another has one.
struct Companion {
  ColumnId column;
  ColumnId like;
};
inline constexpr Companion kCompanions[] = {
    {column_of(dst_port), column_of(src_port)},
    {column_of(icmp_code), column_of(icmp_type)},
    {column_of(reverse_packets), column_of(reverse_bytes)},
    {column_of(reverse_time_flow_end_ns), column_of(reverse_time_flow_start_ns)},
};

// Those that others lean on come first.
inline constexpr auto kWriteOrder = [] {
  constexpr ColumnId kFirst[] = {column_of(sampler_address),
                                 column_of(src_addr),
                                 column_of(dst_addr),
                                 column_of(time_received_ns),
                                 column_of(time_flow_end_ns),
                                 kTimeColumn,
                                 column_of(time_flow_start_ns),
                                 column_of(in_if),
                                 column_of(out_if),
                                 column_of(src_port),
                                 column_of(icmp_type),
                                 column_of(reverse_bytes),
                                 column_of(reverse_time_flow_start_ns)};
  std::array<ColumnId, kColumnCount> order{};
  auto end = std::ranges::copy(kFirst, order.begin()).out;
  for (std::size_t i = 0; i < kColumnCount; ++i) {
    const ColumnId id{static_cast<std::uint8_t>(i)};
    if (std::ranges::find(kFirst, id) == std::end(kFirst)) *end++ = id;
  }
  return order;
}();

constexpr bool leans_on(ColumnId column, ColumnId other) {
  return std::ranges::any_of(kRelatives, [&](const Relative& r) { return r.column == column && r.base == other; }) ||
         std::ranges::any_of(kFollowers, [&](const Follower& f) { return f.column == column && f.leader == other; }) ||
         std::ranges::any_of(kCompanions, [&](const Companion& c) { return c.column == column && c.like == other; });
}

// Whether a column may lean on this one.
constexpr bool is_leaned_on(ColumnId id) {
  return std::ranges::any_of(kWriteOrder, [&](ColumnId column) { return leans_on(column, id); });
}

}  // namespace weir::relations
