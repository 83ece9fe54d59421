// Packets by what a flow meter sees of them, for tests that send many.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "flow/address.h"
#include "tests/packet/frames.h"

namespace weir::test {

inline constexpr std::uint8_t kIcmpProto = 1, kTcpProto = 6, kUdpProto = 17, kIcmpv6Proto = 58;
inline constexpr unsigned kFin = 1, kSyn = 2, kRst = 4, kPush = 8, kAck = 16;

// Becomes an Ethernet frame; addresses of either family, both of the same.
struct Packet {
  std::string src = "10.0.0.1", dst = "10.0.0.2";
  std::uint16_t src_port = 40000, dst_port = 53;
  std::uint8_t proto = kUdpProto;
  unsigned tcp_flags = kAck;
  std::size_t payload = 10;  // bytes behind the transport header
  std::uint8_t fill = 0;     // what they are
  unsigned icmp_type = 8, icmp_code = 0;
  unsigned id = 1;
  std::uint8_t ttl = 64, tos = 0;
  unsigned flow_label = 0;
  unsigned vlan = 0;
  // A fragment: `payload` is then all that follows the IP headers, unless it is the first.
  unsigned fragment_offset = 0;
  bool more_fragments = false;

  Packet answer() const {
    Packet other = *this;
    std::swap(other.src, other.dst);
    std::swap(other.src_port, other.dst_port);
    return other;
  }
  Buffer frame() const;
  // IP octets.
  std::size_t length() const { return frame().size() - 14 - (vlan != 0 ? 4 : 0); }
};

inline Buffer transport_of(const Packet& p) {
  const Buffer payload(p.payload, p.fill);
  if (p.fragment_offset != 0) return payload;
  switch (p.proto) {
    case kTcpProto: return tcp(p.src_port, p.dst_port, p.tcp_flags, payload);
    case kUdpProto: return udp(p.src_port, p.dst_port, payload);
    case kIcmpProto:
    case kIcmpv6Proto: return be16(p.icmp_type << 8 | p.icmp_code) + be16(0) + payload;
    default: return payload;
  }
}

inline Buffer address_of(const std::string& text) {
  const IpAddress address = IpAddress::parse(text).value();
  return {address.bytes.begin(), address.bytes.begin() + (address.family == Family::kV4 ? 4 : 16)};
}

inline Buffer Packet::frame() const {
  Buffer inner = transport_of(*this);
  const Buffer from = address_of(src), to = address_of(dst);
  Buffer packet;
  if (from.size() == 4) {
    const unsigned fragment = fragment_offset / 8 | (more_fragments ? 0x2000U : 0U);
    packet = Buffer{0x45, tos} + be16(static_cast<unsigned>(20 + inner.size())) + be16(id) + be16(fragment) +
             Buffer{ttl, proto, 0, 0} + from + to + inner;
  } else {
    std::uint8_t next = proto;
    if (fragment_offset != 0 || more_fragments) {
      inner = fragment_header(proto, fragment_offset, more_fragments, id) + inner;
      next = 44;
    }
    packet = be32(6U << 28 | static_cast<unsigned>(tos) << 20 | flow_label) +
             be16(static_cast<unsigned>(inner.size())) + Buffer{next, ttl} + from + to + inner;
  }
  const unsigned type = from.size() == 4 ? 0x0800 : 0x86dd;
  if (vlan != 0) return ethernet(0x8100, be16(vlan) + be16(type) + packet);
  return ethernet(type, packet);
}

}  // namespace weir::test
