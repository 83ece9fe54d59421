#include "packet/packet_info.h"

#include <algorithm>
#include <cstring>

#include "packet/tunnel.h"

namespace weir {
namespace {

constexpr std::uint16_t kEthertypeIpv4 = 0x0800, kEthertypeIpv6 = 0x86dd;
constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpv6 = 58;
constexpr std::size_t kEthernetHeader = 14, kIpv4Header = 20, kIpv6Header = 40;

// The whole short path becomes one function.
#define WEIR_INLINE [[gnu::always_inline]] inline

// TCP, UDP or ICMP behind an IP header; `size` bytes of it were captured and belong to the packet, all that it has
// unless it `is_cut`.
WEIR_INLINE bool read_plain_transport(const std::uint8_t* at, std::size_t size, bool is_cut, std::uint8_t icmp,
                                      PacketInfo& out) {
  out.tcp_flags = 0;
  out.icmp_type = out.icmp_code = 0;
  out.has_icmp = false;
  if (out.proto == kTcp) {
    if (size < 20) return false;
    const std::size_t header = static_cast<std::size_t>(at[12] >> 4) * 4;
    if (header < 20 || header > size) return false;
    out.tcp_flags = load_be16(at + 12) & 0x0fff;
  } else if (out.proto == kUdp) {
    if (size < 8) return false;
    const std::size_t length = load_be16(at + 4);
    if (length < 8 || (length > size && !is_cut)) return false;
  } else if (out.proto == icmp) {
    if (size < 2) return false;
    out.has_icmp = true;
    out.icmp_type = at[0];
    out.icmp_code = at[1];
    out.has_ports = false;
    out.src_port = out.dst_port = 0;
    return true;
  } else {
    return false;
  }
  out.has_ports = true;
  out.src_port = load_be16(at);
  out.dst_port = load_be16(at + 2);
  return true;
}

WEIR_INLINE void set_plain(PacketInfo& out, const std::uint8_t* ip, std::size_t captured, std::uint16_t transport_at) {
  out.ip = ip;
  out.ip_captured = static_cast<std::uint32_t>(captured);
  out.transport_at = transport_at;
  out.is_fragment = false;
  out.fragment_offset = 0;
  out.problem = PacketProblem::kNone;
}

// Writes whole words, as those are what is read of the address later.
void set_ipv4_address(AddressBytes& to, const std::uint8_t* from) {
  std::uint32_t four;
  std::memcpy(&four, from, 4);
  const std::uint64_t words[2] = {four, 0};
  std::memcpy(to.data(), words, 16);
}

WEIR_INLINE bool read_plain_ipv4(const std::uint8_t* ip, std::size_t size, PacketInfo& out) {
  if (size < kIpv4Header || ip[0] != 0x45) return false;
  const std::size_t total = load_be16(ip + 2);
  constexpr std::uint16_t kMoreOrOffset = 0x3fff;
  if (total < kIpv4Header || (load_be16(ip + 6) & kMoreOrOffset) != 0) return false;
  const std::size_t captured = std::min(size, total);
  set_plain(out, ip, captured, kIpv4Header);
  set_ipv4_address(out.src, ip + 12);
  set_ipv4_address(out.dst, ip + 16);
  out.family = Family::kV4;
  out.ip_length = static_cast<std::uint32_t>(total);
  out.flow_label = 0;
  out.fragment_id = load_be16(ip + 4);
  out.tos = ip[1];
  out.ttl = ip[8];
  out.proto = ip[9];
  return read_plain_transport(ip + kIpv4Header, captured - kIpv4Header, captured < total, kIcmp, out);
}

WEIR_INLINE bool read_plain_ipv6(const std::uint8_t* ip, std::size_t size, PacketInfo& out) {
  if (size < kIpv6Header || ip[0] >> 4 != 6) return false;
  const std::size_t length = load_be16(ip + 4);
  if (length == 0) return false;
  const std::size_t captured = std::min(size, kIpv6Header + length);
  const std::uint32_t word = load_be32(ip);
  set_plain(out, ip, captured, kIpv6Header);
  std::memcpy(out.src.data(), ip + 8, 16);
  std::memcpy(out.dst.data(), ip + 24, 16);
  out.family = Family::kV6;
  out.ip_length = static_cast<std::uint32_t>(kIpv6Header + length);
  out.flow_label = word & 0xfffff;
  out.fragment_id = 0;
  out.tos = static_cast<std::uint8_t>(word >> 20);
  out.ttl = ip[7];
  out.proto = ip[6];
  return read_plain_transport(ip + kIpv6Header, captured - kIpv6Header, captured < kIpv6Header + length, kIcmpv6, out);
}

bool is_raw_ip(LinkType type) {
  return type == LinkType::kRaw || type == LinkType::kRawBsd || type == LinkType::kIpv4 || type == LinkType::kIpv6;
}

PacketInfo summary_of(const DissectedPacket& packet) {
  PacketInfo info{};
  info.src = packet.src.bytes;
  info.dst = packet.dst.bytes;
  info.src_port = packet.src_port;
  info.dst_port = packet.dst_port;
  info.vlan_id = packet.vlan_id;
  info.proto = packet.proto;
  info.family = packet.src.family;
  info.ip_length = packet.ip_length;
  info.flow_label = packet.flow_label;
  info.fragment_id = packet.fragment_id;
  info.fragment_offset = packet.fragment_offset;
  info.tcp_flags = packet.tcp_flags;
  info.tos = packet.tos;
  info.ttl = packet.ttl;
  info.icmp_type = packet.icmp_type;
  info.icmp_code = packet.icmp_code;
  info.has_ports = packet.has_ports;
  info.has_icmp = packet.has_icmp;
  info.is_fragment = packet.is_fragment;
  info.problem = packet.problem;
  info.mac = packet.link_header;
  info.ip = packet.ip_packet.data();
  info.ip_captured = static_cast<std::uint32_t>(packet.ip_packet.size());
  if (packet.ip_payload.data() != nullptr)
    info.transport_at = static_cast<std::uint16_t>(packet.ip_payload.data() - packet.ip_packet.data());
  return info;
}

}  // namespace

bool read_plain_packet(LinkType type, Bytes frame, PacketInfo& out) {
  const std::uint8_t* at = frame.data();
  std::size_t size = frame.size();
  out.mac = nullptr;
  out.vlan_id = 0;
  if (type != LinkType::kEthernet) {
    if (!is_raw_ip(type) || size == 0) return false;
    return at[0] >> 4 == 4 ? read_plain_ipv4(at, size, out) : read_plain_ipv6(at, size, out);
  }
  if (size < kEthernetHeader + 8) return false;  // two tags can be read
  out.mac = at;
  std::uint16_t ethertype = load_be16(at + 12);
  std::size_t header = kEthernetHeader;
  if (ethertype == 0x8100 || ethertype == 0x88a8) {
    out.vlan_id = load_be16(at + 14) & 0x0fff;
    ethertype = load_be16(at + 16);
    header += 4;
    if (ethertype == 0x8100) {
      ethertype = load_be16(at + 20);
      header += 4;
    }
  }
  at += header;
  size -= header;
  if (ethertype == kEthertypeIpv4) return read_plain_ipv4(at, size, out);
  if (ethertype == kEthertypeIpv6) return read_plain_ipv6(at, size, out);
  return false;
}

void read_any_packet(LinkType type, Bytes frame, std::uint32_t wire_length, PacketInfo& out) {
  out = summary_of(dissect(type, frame, wire_length));
}

void read_packet(LinkType type, Bytes frame, std::uint32_t wire_length, bool inside_tunnels, PacketInfo& out) {
  const bool plain = read_plain_packet(type, frame, out);
  if (plain && !(inside_tunnels && may_be_tunnel(out.proto, out.dst_port))) return;
  if (!inside_tunnels) return read_any_packet(type, frame, wire_length, out);
  out = summary_of(innermost(dissect(type, frame, wire_length)));
}

std::uint32_t header_length(const PacketInfo& packet) {
  if (packet.proto != kTcp) return packet.transport_at + 8U;
  if (packet.ip_captured < packet.transport_at + 13U) return packet.transport_at + 20U;
  return packet.transport_at + std::max(20U, static_cast<unsigned>(packet.ip[packet.transport_at + 12] >> 4) * 4U);
}

}  // namespace weir
