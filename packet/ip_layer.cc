// From the IP header to the transport header.
#include <algorithm>
#include <cstring>
#include <limits>

#include "packet/dissect.h"
#include "packet/layers.h"

namespace weir {
namespace {

// Numbers of the IANA registry "Protocol Numbers".
enum Protocol : std::uint8_t {
  kHopByHop = 0,
  kIcmp = 1,
  kTcp = 6,
  kUdp = 17,
  kDccp = 33,
  kRouting = 43,
  kFragment = 44,
  kAuthentication = 51,
  kIcmpv6 = 58,
  kNoNextHeader = 59,
  kDestination = 60,
  kSctp = 132,
  kMobility = 135,
  kUdpLite = 136,
  kHostIdentity = 139,
  kShim6 = 140,
};

constexpr std::size_t kIpv6Header = 40;

// A header that the payload is too short for: cut by the capture, by fragmentation (which is nothing wrong: the rest is
// in another fragment), or a contradiction with the IP length.
void header_missing(DissectedPacket& packet) {
  if (packet.is_fragment) return;
  packet.problem = packet.is_cut ? PacketProblem::kTruncated : PacketProblem::kMalformed;
}

void read_tcp(DissectedPacket& packet, Bytes segment) {
  if (segment.size() < 14) return header_missing(packet);
  packet.tcp_flags = load_be16(&segment[12]) & 0x0fff;
  const std::size_t header = static_cast<std::size_t>(segment[12] >> 4) * 4;
  if (header < 20) {
    packet.problem = PacketProblem::kMalformed;
  } else if (header > segment.size()) {
    header_missing(packet);
  } else {
    packet.l4_payload = segment.subspan(header);
  }
}

void read_udp(DissectedPacket& packet, Bytes datagram) {
  if (datagram.size() < 8) return header_missing(packet);
  const Bytes rest = datagram.subspan(8);
  std::size_t length = load_be16(&datagram[4]);
  if (length == 0 && datagram.size() > 0xffff) length = datagram.size();  // RFC 2675 §4
  if (length < 8) {
    packet.problem = PacketProblem::kMalformed;
    return;
  }
  packet.l4_payload = rest.first(std::min(rest.size(), length - 8));
  if (length > datagram.size() && !packet.is_cut && !packet.is_fragment) packet.problem = PacketProblem::kMalformed;
}

void read_icmp(DissectedPacket& packet, Bytes message) {
  if (message.size() < 2) return header_missing(packet);
  packet.has_icmp = true;
  packet.icmp_type = message[0];
  packet.icmp_code = message[1];
}

// TCP, UDP, UDPLite, SCTP and DCCP all begin with the two ports.
bool read_ports(DissectedPacket& packet, Bytes payload) {
  if (payload.size() < 4) {
    header_missing(packet);
    return false;
  }
  packet.has_ports = true;
  packet.src_port = load_be16(&payload[0]);
  packet.dst_port = load_be16(&payload[2]);
  return true;
}

void read_transport(DissectedPacket& packet, std::uint8_t proto, Bytes payload) {
  packet.proto = proto;
  switch (proto) {
    case kTcp:
      if (read_ports(packet, payload)) read_tcp(packet, payload);
      return;
    case kUdp:
      if (read_ports(packet, payload)) read_udp(packet, payload);
      return;
    case kUdpLite:
      if (!read_ports(packet, payload)) return;
      if (payload.size() < 8) return header_missing(packet);
      packet.l4_payload = payload.subspan(8);
      return;
    case kSctp:
    case kDccp: read_ports(packet, payload); return;
    case kIcmp:
      if (packet.src.family == Family::kV4) read_icmp(packet, payload);
      return;
    case kIcmpv6:
      if (packet.src.family == Family::kV6) read_icmp(packet, payload);
      return;
    default: return;
  }
}

void set_payload(DissectedPacket& packet, std::uint8_t proto, Bytes payload) {
  packet.payload_proto = proto;
  packet.ip_payload = payload;
}

// The length of the extension header that `bytes` (8 or more) begins with; 0 when `type` is none, and the walk is over.
std::size_t extension_length(std::uint8_t type, Bytes bytes) {
  const std::size_t units = bytes[1];
  switch (type) {
    case kHopByHop:
    case kRouting:
    case kDestination: return (units + 1) * 8;
    case kFragment: return 8;
    case kAuthentication: return (units + 2) * 4;
    case kMobility:  // these three are the end when nothing follows them, and then they are what the packet is about
    case kHostIdentity:
    case kShim6: return bytes[0] == kNoNextHeader ? 0 : (units + 1) * 8;
    default: return 0;
  }
}

bool may_be_extension(std::uint8_t type) {
  switch (type) {
    case kHopByHop:
    case kRouting:
    case kFragment:
    case kAuthentication:
    case kDestination:
    case kMobility:
    case kHostIdentity:
    case kShim6: return true;
    default: return false;
  }
}

// Reads a Fragment header; `rest` is what follows it. An atomic fragment (RFC 6946) is a whole packet.
void read_fragment_header(DissectedPacket& packet, Bytes header, Bytes rest) {
  const std::uint16_t word = load_be16(&header[2]);
  packet.fragment_id = load_be32(&header[4]);
  packet.fragment_offset = word & 0xfff8;
  packet.ip_flags = word & 1;
  packet.is_fragment = packet.fragment_offset != 0 || packet.ip_flags != 0;
  if (packet.is_fragment) set_payload(packet, header[0], rest);
}

void read_extensions(DissectedPacket& packet, std::uint8_t next, Bytes payload) {
  constexpr unsigned kMaxExtensions = 16;
  for (unsigned i = 0; may_be_extension(next); ++i) {
    packet.proto = next;
    if (!packet.is_fragment) set_payload(packet, next, payload);
    if (i == kMaxExtensions) {
      packet.problem = PacketProblem::kTooManyLayers;
      return;
    }
    if (payload.size() < 8) return header_missing(packet);
    const std::size_t length = extension_length(next, payload);
    if (length == 0) return;
    if (length > payload.size()) return header_missing(packet);
    const bool is_fragment_header = next == kFragment && !packet.is_fragment;
    const Bytes header = payload.first(length);
    payload = payload.subspan(length);
    if (is_fragment_header) read_fragment_header(packet, header, payload);
    next = header[0];
    if (packet.fragment_offset != 0) {
      packet.proto = next;
      return;
    }
  }
  if (!packet.is_fragment) set_payload(packet, next, payload);
  read_transport(packet, next, payload);
}

// RFC 2675: the Jumbo Payload option among the options of a Hop-by-Hop header; 0 when there is none.
std::uint32_t jumbo_length(Bytes payload) {
  constexpr std::uint8_t kPad1 = 0, kJumbo = 0xc2;
  if (payload.size() < 8) return 0;
  ByteReader options(payload.subspan(2, std::min(payload.size(), (std::size_t{payload[1]} + 1) * 8) - 2));
  while (options.remaining() != 0) {
    const std::uint8_t type = options.u8();
    if (type == kPad1) continue;
    const std::uint8_t length = options.u8();
    if (type == kJumbo && length == 4) return options.u32();
    options.skip(length);
  }
  return 0;
}

// What a payload length of zero means: a jumbogram, a TCP segment not yet split by the network card, or really nothing.
// A jumbo length that the frame on the wire had no room for, or that needed no jumbogram, is a lie.
std::size_t length_for_zero(DissectedPacket& packet, std::uint8_t next, Bytes payload, std::size_t uncaptured) {
  const std::size_t on_wire = payload.size() + uncaptured;
  if (next == kTcp) return on_wire;
  const std::uint32_t jumbo = next == kHopByHop ? jumbo_length(payload) : 0;
  if (jumbo > on_wire || (jumbo != 0 && jumbo <= 0xffff)) packet.problem = PacketProblem::kMalformed;
  return packet.problem == PacketProblem::kNone ? jumbo : 0;
}

// Written in place: a copy through a temporary waits for its narrow stores, and would be most of the work per packet.
void set_addresses(DissectedPacket& packet, Family family, const std::uint8_t* source, std::size_t size) {
  std::memcpy(packet.src.bytes.data(), source, size);
  std::memcpy(packet.dst.bytes.data(), source + size, size);
  packet.src.family = packet.dst.family = family;
}

std::uint32_t clamp32(std::size_t n) {
  return static_cast<std::uint32_t>(std::min<std::size_t>(n, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

void read_ipv4(DissectedPacket& packet, Bytes bytes, std::size_t uncaptured) {
  const auto stop = [&](PacketProblem problem) { packet.problem = problem; };
  if (bytes.empty()) return stop(PacketProblem::kTruncated);
  const std::size_t header = static_cast<std::size_t>(bytes[0] & 15) * 4;
  if (bytes[0] >> 4 != 4 || header < 20) return stop(PacketProblem::kMalformed);
  if (bytes.size() < 20) return stop(PacketProblem::kTruncated);

  std::size_t total = load_be16(&bytes[2]);
  if (total == 0) total = bytes.size() + uncaptured;
  if (total < header) return stop(PacketProblem::kMalformed);
  set_addresses(packet, Family::kV4, &bytes[12], 4);
  packet.ip_length = clamp32(total);
  packet.tos = bytes[1];
  packet.ttl = bytes[8];
  packet.proto = bytes[9];
  packet.fragment_id = load_be16(&bytes[4]);
  packet.ip_flags = bytes[6] >> 5;
  packet.fragment_offset = static_cast<std::uint16_t>((load_be16(&bytes[6]) & 0x1fff) * 8);
  packet.is_fragment = packet.fragment_offset != 0 || (packet.ip_flags & 1) != 0;
  packet.is_cut = total > bytes.size();
  packet.ip_packet = bytes.first(std::min(total, bytes.size()));
  if (header > bytes.size()) return stop(PacketProblem::kTruncated);

  const Bytes payload = bytes.subspan(header, std::min(total, bytes.size()) - header);
  set_payload(packet, packet.proto, payload);
  if (packet.fragment_offset == 0) read_transport(packet, packet.proto, payload);
}

void read_ipv6(DissectedPacket& packet, Bytes bytes, std::size_t uncaptured) {
  if (!bytes.empty() && bytes[0] >> 4 != 6) {
    packet.problem = PacketProblem::kMalformed;
    return;
  }
  if (bytes.size() < kIpv6Header) {
    packet.problem = PacketProblem::kTruncated;
    return;
  }
  const std::uint32_t word = load_be32(&bytes[0]);
  set_addresses(packet, Family::kV6, &bytes[8], 16);
  packet.tos = static_cast<std::uint8_t>(word >> 20);
  packet.flow_label = word & 0xfffff;
  packet.proto = bytes[6];
  packet.ttl = bytes[7];

  Bytes payload = bytes.subspan(kIpv6Header);
  std::size_t length = load_be16(&bytes[4]);
  if (length == 0) length = length_for_zero(packet, bytes[6], payload, uncaptured);
  packet.ip_length = clamp32(kIpv6Header + length);
  packet.is_cut = length > payload.size();
  packet.ip_packet = bytes.first(kIpv6Header + std::min(length, payload.size()));
  if (packet.problem != PacketProblem::kNone) return;
  payload = payload.first(std::min(length, payload.size()));
  read_extensions(packet, bytes[6], payload);
}

void dissect_reassembled(DissectedPacket& packet, std::uint8_t proto, Bytes payload) {
  packet.problem = PacketProblem::kNone;
  packet.is_fragment = packet.is_cut = false;
  packet.fragment_offset = 0;
  packet.ip_flags = packet.src.family == Family::kV4 ? packet.ip_flags & 6 : 0;
  packet.has_ports = packet.has_icmp = false;
  packet.src_port = packet.dst_port = packet.tcp_flags = 0;
  packet.icmp_type = packet.icmp_code = 0;
  packet.l4_payload = {};
  if (packet.src.family == Family::kV6) return read_extensions(packet, proto, payload);
  set_payload(packet, proto, payload);
  read_transport(packet, proto, payload);
}

}  // namespace weir
