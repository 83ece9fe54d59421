#include "packet/tunnel.h"

#include <optional>

namespace weir {
namespace {

constexpr std::uint8_t kIpv4InIp = 4, kUdp = 17, kIpv6InIp = 41, kGre = 47;
constexpr std::uint16_t kVxlan = 4789, kVxlanOfLinux = 8472, kGeneve = 6081;
constexpr std::uint16_t kEthertypeIpv4 = 0x0800, kEthertypeIpv6 = 0x86dd, kEthertypeEthernet = 0x6558;
constexpr unsigned kMaxDepth = 4;

// A header's end: what follows, and what it is.
struct Carried {
  LinkType type;
  Bytes bytes;
};

std::optional<Carried> by_ethertype(std::uint16_t type, Bytes bytes) {
  switch (type) {
    case kEthertypeIpv4: return Carried{LinkType::kIpv4, bytes};
    case kEthertypeIpv6: return Carried{LinkType::kIpv6, bytes};
    case kEthertypeEthernet: return Carried{LinkType::kEthernet, bytes};
    default: return std::nullopt;
  }
}

std::optional<Carried> in_vxlan(Bytes bytes) {
  constexpr std::uint8_t kHasNetwork = 0x08;
  if (bytes.size() < 8 || (bytes[0] & kHasNetwork) == 0) return std::nullopt;
  return Carried{LinkType::kEthernet, bytes.subspan(8)};
}

std::optional<Carried> in_geneve(Bytes bytes) {
  if (bytes.size() < 8 || bytes[0] >> 6 != 0) return std::nullopt;
  const std::size_t header = 8 + static_cast<std::size_t>(bytes[0] & 0x3f) * 4;
  if (bytes.size() < header) return std::nullopt;
  return by_ethertype(load_be16(&bytes[2]), bytes.subspan(header));
}

std::optional<Carried> in_gre(Bytes bytes) {
  constexpr std::uint16_t kChecksum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000, kVersion = 7;
  if (bytes.size() < 4) return std::nullopt;
  const std::uint16_t flags = load_be16(&bytes[0]);
  if ((flags & (kRouting | kVersion)) != 0) return std::nullopt;
  const std::size_t header =
      4 + ((flags & kChecksum) != 0 ? 4U : 0U) + ((flags & kKey) != 0 ? 4U : 0U) + ((flags & kSequence) != 0 ? 4U : 0U);
  if (bytes.size() < header) return std::nullopt;
  return by_ethertype(load_be16(&bytes[2]), bytes.subspan(header));
}

std::optional<Carried> carried_by(const DissectedPacket& packet) {
  switch (packet.proto) {
    case kIpv4InIp: return Carried{LinkType::kIpv4, packet.ip_payload};
    case kIpv6InIp: return Carried{LinkType::kIpv6, packet.ip_payload};
    case kGre: return in_gre(packet.ip_payload);
    case kUdp:
      if (packet.dst_port == kGeneve) return in_geneve(packet.l4_payload);
      return in_vxlan(packet.l4_payload);
    default: return std::nullopt;
  }
}

void keep_link(DissectedPacket& inner, const DissectedPacket& outer) {
  inner.has_mac = outer.has_mac;
  inner.link_header = outer.link_header;
  inner.src_mac = outer.src_mac;
  inner.dst_mac = outer.dst_mac;
  inner.vlan_id = outer.vlan_id;
  inner.inner_vlan_id = outer.inner_vlan_id;
  inner.vlan_tags = outer.vlan_tags;
}

}  // namespace

bool may_be_tunnel(std::uint8_t proto, std::uint16_t dst_port) {
  switch (proto) {
    case kIpv4InIp:
    case kIpv6InIp:
    case kGre: return true;
    case kUdp: return dst_port == kVxlan || dst_port == kVxlanOfLinux || dst_port == kGeneve;
    default: return false;
  }
}

DissectedPacket innermost(const DissectedPacket& packet) {
  DissectedPacket found = packet;
  for (unsigned depth = 0; depth < kMaxDepth; ++depth) {
    if (found.problem != PacketProblem::kNone || found.is_fragment || !may_be_tunnel(found.proto, found.dst_port))
      break;
    const std::optional<Carried> carried = carried_by(found);
    if (!carried || carried->bytes.empty()) break;
    const auto header = static_cast<std::size_t>(carried->bytes.data() - found.ip_packet.data());
    const std::size_t on_wire = found.ip_length > header ? found.ip_length - header : 0;
    DissectedPacket inner = dissect(carried->type, carried->bytes, static_cast<std::uint32_t>(on_wire));
    if (inner.src.family == Family::kNone) break;
    if (carried->type != LinkType::kEthernet) keep_link(inner, found);
    found = inner;
  }
  return found;
}

}  // namespace weir
