// The flow record: what every source makes and every sink takes.
//
// A record has up to five parts, all inside one FlowBatch (batch.h) and addressed by offset, so that a batch can be
// moved, recycled or written out whole:
//
//   Flow      the fixed hot part that nearly every flow uses
//   Origin    what all flows of one datagram share (sender, sequence number, time of receipt)
//   FlowCold  fields that few flows have; absent unless one of them is present
//   Place     what enrichment knows of an address; one for each end, shared by flows of the batch
//   extras    every other element the record carried, as raw bytes: nothing decodable is thrown away
//
// Units: times are nanoseconds since the Unix epoch, in the precision of their source; bytes are IP octets. Numbers are
// in host order. A member whose field is not present() is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "flow/address.h"

namespace weir {

enum class FieldId : std::uint8_t {
#define WEIR_FIELD(name, home, member, type, group, elements, aliases) name,
#include "flow/fields.def"
#undef WEIR_FIELD
  kCount
};

inline constexpr std::size_t kFieldCount = static_cast<std::size_t>(FieldId::kCount);

// Where a record was made.
enum class FlowProtocol : std::uint8_t { kNetflowV1, kNetflowV5, kNetflowV7, kNetflowV9, kIpfix, kWeir };

// A stretch of the batch's arena, in bytes from its start. Offset 0 means absent.
struct Slice {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

struct Flow {
  std::uint64_t present[2];  // bit n: the field with id n has a value (Origin's fields need no bit)
  std::uint64_t time_flow_start_ns;
  std::uint64_t time_flow_end_ns;
  std::uint64_t bytes;
  std::uint64_t packets;
  AddressBytes src_addr;
  AddressBytes dst_addr;
  AddressBytes next_hop;
  Slice in_if_name;  // flows of a batch may share the text
  Slice out_if_name;
  std::uint32_t origin;  // offset of this flow's Origin
  std::uint32_t cold;    // offset of its FlowCold, 0 for none
  std::uint32_t extras;  // offset of its ExtrasHeader, 0 for none
  std::uint32_t sampling_rate;
  std::uint32_t in_if;
  std::uint32_t out_if;
  std::uint32_t src_as;
  std::uint32_t dst_as;
  std::uint32_t ipv6_flow_label;
  std::uint16_t src_port;
  std::uint16_t dst_port;
  std::uint16_t etype;
  std::uint16_t tcp_flags;
  std::uint16_t src_vlan;
  std::uint16_t dst_vlan;
  std::uint16_t vlan_id;
  std::uint16_t src_place;  // number of the Place of src_addr in the batch, from 1; 0 for none
  std::uint16_t dst_place;  // likewise of dst_addr
  Family src_addr_family;
  Family dst_addr_family;
  Family next_hop_family;
  std::uint8_t proto;
  std::uint8_t ip_tos;
  std::uint8_t ip_ttl;
  std::uint8_t icmp_type;
  std::uint8_t icmp_code;
  std::uint8_t src_mask;
  std::uint8_t dst_mask;
  std::uint8_t flow_direction;  // 0 ingress, 1 egress (IE 61)
  std::uint8_t forwarding_status;
  std::uint8_t flow_end_reason;
  MacAddress src_mac;
  MacAddress dst_mac;

  bool has(FieldId id) const {
    const auto n = static_cast<unsigned>(id);
    return (present[n >> 6] >> (n & 63) & 1) != 0;
  }
  void mark(FieldId id) {
    const auto n = static_cast<unsigned>(id);
    present[n >> 6] |= std::uint64_t{1} << (n & 63);
  }
};

static_assert(sizeof(Flow) <= 192 && std::is_trivially_copyable_v<Flow>);
static_assert(kFieldCount <= 128, "Flow::present has 128 bits");

struct Origin {
  std::uint64_t time_received_ns;
  AddressBytes sampler_address;
  Slice host;  // the exporter's name where one is known
  std::uint32_t sequence_num;
  std::uint32_t observation_domain_id;  // v9: source ID; v5: engine type and id
  FlowProtocol protocol;
  Family sampler_address_family;
};

struct FlowCold {
  std::uint64_t observation_point_id;
  std::uint64_t flow_id;
  std::uint64_t reverse_bytes;
  std::uint64_t reverse_packets;
  std::uint64_t reverse_time_flow_start_ns;
  std::uint64_t reverse_time_flow_end_ns;
  AddressBytes bgp_next_hop;
  AddressBytes post_nat_src_addr;
  AddressBytes post_nat_dst_addr;
  // Lists: `length` bytes of std::uint32_t (UnsignedList) or IpAddress (AddressList), aligned to 4.
  Slice bgp_communities;
  Slice as_path;
  Slice mpls_ttl;
  Slice mpls_label;
  Slice mpls_ip;
  std::uint32_t fragment_id;
  std::uint32_t next_hop_as;
  std::uint32_t ingress_vrf_id;
  std::uint32_t egress_vrf_id;
  std::uint16_t fragment_offset;
  std::uint16_t post_nat_src_port;
  std::uint16_t post_nat_dst_port;
  std::uint16_t reverse_tcp_flags;
  std::uint8_t ip_flags;
  std::uint8_t nat_event;
  Family bgp_next_hop_family;
  Family post_nat_src_addr_family;
  Family post_nat_dst_addr_family;
};

// What is known of an address beyond what its exporter said: where it is, whose it is, what it is used for. Which of it
// has a value is told by the flow's presence bits.
struct Place {
  Slice geo_country_name;
  Slice geo_country_code;
  Slice geo_region_name;
  Slice geo_city_name;
  Slice asn_autonomous_system_organization;
  Slice isp;
  Slice organization;
  Slice net_name;
  Slice net_site;
  Slice net_role;
  Slice net_tenant;
  std::uint32_t geo_latitude;  // degrees.h
  std::uint32_t geo_longitude;
  std::uint32_t asn_autonomous_system_number;
  std::uint32_t text_length;  // of all its texts together
  std::uint8_t is_anonymous;
  std::uint8_t is_anonymous_vpn;
  std::uint8_t is_hosting_provider;
  std::uint8_t is_public_proxy;
  std::uint8_t is_residential_proxy;
  std::uint8_t is_tor_exit_node;
};

inline constexpr Slice Place::* kPlaceTexts[] = {
    &Place::geo_country_name,
    &Place::geo_country_code,
    &Place::geo_region_name,
    &Place::geo_city_name,
    &Place::isp,
    &Place::asn_autonomous_system_organization,
    &Place::organization,
    &Place::net_name,
    &Place::net_site,
    &Place::net_role,
    &Place::net_tenant,
};

// The two ends of a flow, as homes of fields.
using SrcPlace = Place;
using DstPlace = Place;

static_assert(std::is_trivially_copyable_v<Origin> && std::is_trivially_copyable_v<FlowCold> &&
              std::is_trivially_copyable_v<Place>);

// One element that has no field of its own. `enterprise` is 0 for IANA's.
struct Extra {
  std::uint32_t enterprise;
  std::uint16_t element;
  std::uint16_t flags;   // kExtraRendered
  std::uint32_t length;  // of its bytes
};

// The bytes are JSON text that the decoder made of the value (structured data, RFC 6313), not the value itself.
inline constexpr std::uint16_t kExtraRendered = 1;

// Followed by `count` Extra entries, then by their bytes, one after the other in the same order.
struct ExtrasHeader {
  std::uint32_t count;
};

}  // namespace weir
