#include "codecs/frame_section.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "flow/names.h"
#include "packet/dissect.h"

namespace weir {
namespace {

constexpr std::uint16_t kLayer2PacketSection = 104;
constexpr std::uint16_t kIpHeaderPacketSection = 313;
constexpr std::uint16_t kMplsLabelStackSection = 314;

template <typename Member, typename Value>
void fill(Flow& flow, FieldId id, Member& member, Value value) {
  if (flow.has(id)) return;
  member = static_cast<Member>(value);
  flow.mark(id);
}

void fill_address(Flow& flow, FieldId id, AddressBytes& bytes, Family& family, const IpAddress& address) {
  if (flow.has(id) && bytes != AddressBytes{}) return;
  bytes = address.bytes;
  family = address.family;
  flow.mark(id);
}

void fill_link(const DissectedPacket& packet, Flow& flow) {
  if (packet.has_mac) {
    fill(flow, FieldId::src_mac, flow.src_mac, packet.src_mac);
    fill(flow, FieldId::dst_mac, flow.dst_mac, packet.dst_mac);
  }
  if (packet.vlan_tags != 0) fill(flow, FieldId::vlan_id, flow.vlan_id, packet.vlan_id);
  if (packet.etype != 0) fill(flow, FieldId::etype, flow.etype, packet.etype);
}

void fill_ip(const DissectedPacket& packet, BatchWriter& out, Flow& flow) {
  fill_address(flow, FieldId::src_addr, flow.src_addr, flow.src_addr_family, packet.src);
  fill_address(flow, FieldId::dst_addr, flow.dst_addr, flow.dst_addr_family, packet.dst);
  fill(flow, FieldId::proto, flow.proto, packet.proto);
  fill(flow, FieldId::ip_tos, flow.ip_tos, packet.tos);
  fill(flow, FieldId::ip_ttl, flow.ip_ttl, packet.ttl);
  fill(flow, FieldId::bytes, flow.bytes, packet.ip_length);
  fill(flow, FieldId::packets, flow.packets, 1U);  // a section is of one packet
  FlowCold& cold = out.cold();
  fill(flow, FieldId::ip_flags, cold.ip_flags, packet.ip_flags);
  if (packet.src.family == Family::kV6) fill(flow, FieldId::ipv6_flow_label, flow.ipv6_flow_label, packet.flow_label);
  if (packet.src.family == Family::kV4 || packet.is_fragment) {
    fill(flow, FieldId::fragment_id, cold.fragment_id, packet.fragment_id);
    fill(flow, FieldId::fragment_offset, cold.fragment_offset, packet.fragment_offset / 8);  // in the header's unit
  }
}

void fill_transport(const DissectedPacket& packet, Flow& flow) {
  if (packet.has_ports) {
    fill(flow, FieldId::src_port, flow.src_port, packet.src_port);
    fill(flow, FieldId::dst_port, flow.dst_port, packet.dst_port);
  }
  if (packet.proto == kProtoTcp) fill(flow, FieldId::tcp_flags, flow.tcp_flags, packet.tcp_flags);
  if (packet.has_icmp) {
    fill(flow, FieldId::icmp_type, flow.icmp_type, packet.icmp_type);
    fill(flow, FieldId::icmp_code, flow.icmp_code, packet.icmp_code);
  }
}

// Exporters disagree on where IE 104 begins; an IP packet announces itself.
bool begins_with_ip(Bytes section) {
  if (section.empty()) return false;
  const DissectedPacket packet = dissect_ip(section);
  return packet.src.family != Family::kNone && packet.problem == PacketProblem::kNone;
}

// A label stack with what is left of the packet behind it, which may be IP or a pseudowire's frame: dissect() knows
// both behind an Ethernet header that announces MPLS.
DissectedPacket dissect_labels(Bytes section) {
  constexpr std::size_t kHeader = 14;
  std::array<std::uint8_t, kHeader + 512> frame{};
  frame[12] = 0x88;
  frame[13] = 0x47;
  const std::size_t length = std::min(section.size(), frame.size() - kHeader);
  std::copy_n(section.begin(), length, frame.begin() + kHeader);
  DissectedPacket packet = dissect(LinkType::kEthernet, Bytes(frame).first(kHeader + length));
  packet.has_mac = packet.has_mac && packet.src_mac != MacAddress{};
  packet.ip_payload = packet.l4_payload = {};  // of the frame here, which goes
  return packet;
}

void fill_labels(const DissectedPacket& packet, BatchWriter& out, Flow& flow) {
  if (packet.mpls_labels == 0 || flow.has(FieldId::mpls_label)) return;
  Slice slice{0, static_cast<std::uint32_t>(packet.mpls_labels * sizeof(std::uint32_t))};
  std::uint8_t* at = out.allocate(slice.length, slice.offset);
  for (unsigned i = 0; i < packet.mpls_labels; ++i) {
    const std::uint32_t label = packet.mpls[i] >> 12;
    std::memcpy(at + i * sizeof label, &label, sizeof label);
  }
  out.cold().mpls_label = slice;
  flow.mark(FieldId::mpls_label);
}

}  // namespace

void fill_from_section(std::uint16_t element, Bytes section, BatchWriter& out, Flow& flow) {
  DissectedPacket packet;
  if (element == kIpHeaderPacketSection) {
    packet = dissect_ip(section);
  } else if (element == kMplsLabelStackSection) {
    packet = dissect_labels(section);
  } else if (element == kLayer2PacketSection && begins_with_ip(section)) {
    packet = dissect_ip(section);
  } else {
    packet = dissect(LinkType::kEthernet, section);
  }
  fill_link(packet, flow);
  fill_labels(packet, out, flow);
  if (packet.src.family == Family::kNone) return;
  fill_ip(packet, out, flow);
  fill_transport(packet, flow);
}

}  // namespace weir
