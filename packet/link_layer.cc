// From a frame's first byte to its IP header.
#include <algorithm>
#include <string_view>

#include "packet/dissect.h"
#include "packet/layers.h"

namespace weir {
namespace {

constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::uint16_t kFirstEthertype = 0x0600;  // smaller values are an 802.3 length

bool is_vlan_tag(std::uint16_t ethertype) {
  switch (ethertype) {
    case 0x8100:  // 802.1Q
    case 0x88a8:  // 802.1ad
    case 0x9100:  // QinQ before the standard
    case 0x9200:
    case 0x9300: return true;
    default: return false;
  }
}

// Whether 14 bytes are likely to be an Ethernet header: what follows the addresses is a type that carries IP, one that
// often stands beside it, or a length that is true.
bool looks_like_ethernet(Bytes bytes) {
  if (bytes.size() < 14) return false;
  const std::uint16_t type = load_be16(&bytes[12]);
  switch (type) {
    case kIpv4:
    case kIpv6:
    case 0x0806:  // ARP
    case 0x8847:
    case 0x8848:
    case 0x8863:
    case 0x8864: return true;
    default: return is_vlan_tag(type) || (type >= 3 && type < kFirstEthertype && type <= bytes.size() - 14);
  }
}

// Whether the lengths that an IP header states are possible in `bytes` and what was not captured of them.
bool looks_like_ip(Bytes bytes, std::size_t uncaptured) {
  const std::size_t on_wire = bytes.size() + uncaptured;
  if (bytes.size() < 20) return false;
  switch (bytes[0] >> 4) {
    case 4: return (bytes[0] & 15) >= 5 && load_be16(&bytes[2]) <= on_wire;
    case 6: return std::size_t{40} + load_be16(&bytes[4]) <= on_wire;
    default: return false;
  }
}

// Walks down the layers below IP. Each step consumes bytes and counts as a layer, so that the walk ends soon.
class LinkWalk {
 public:
  LinkWalk(DissectedPacket& packet, std::size_t uncaptured) : packet_(packet), uncaptured_(uncaptured) {}

  void start(LinkType type, Bytes frame) {
    switch (type) {
      case LinkType::kEthernet: return ethernet(frame);
      case LinkType::kNull:
      case LinkType::kLoop: return loopback(frame);
      case LinkType::kRaw:
      case LinkType::kRawBsd:
      case LinkType::kIpv4:
      case LinkType::kIpv6: return ip(frame);
      case LinkType::kPpp:
      case LinkType::kPppSerial: return ppp_framed(frame);
      case LinkType::kPppEther: return pppoe(frame);
      case LinkType::kCiscoHdlc: return cisco_hdlc(frame);
      case LinkType::kLinuxSll: return linux_cooked(frame, 16, 14);
      case LinkType::kLinuxSll2: return linux_cooked(frame, 20, 0);
    }
    packet_.problem = PacketProblem::kUnknownLinkType;
  }

  // IPv4 or IPv6 by the version nibble.
  void ip(Bytes bytes) {
    if (bytes.empty()) return stop(PacketProblem::kTruncated);
    switch (bytes[0] >> 4) {
      case 4: return ethertype(kIpv4, bytes);
      case 6: return ethertype(kIpv6, bytes);
      default: return stop(PacketProblem::kMalformed);
    }
  }

 private:
  static constexpr unsigned kMaxLayers = 16;

  void stop(PacketProblem problem) { packet_.problem = problem; }

  void ethernet(Bytes frame) {
    if (frame.size() < 14) return stop(PacketProblem::kTruncated);
    if (!in_pseudo_wire_) {
      packet_.has_mac = true;
      packet_.link_header = frame.data();
      std::copy_n(&frame[0], 6, packet_.dst_mac.begin());
      std::copy_n(&frame[6], 6, packet_.src_mac.begin());
    }
    type_or_length(load_be16(&frame[12]), frame.subspan(14));
  }

  void type_or_length(std::uint16_t value, Bytes rest) {
    if (value >= kFirstEthertype) return ethertype(value, rest);
    llc(rest);
  }

  // 802.2 LLC: SNAP (RFC 1042) or, rarely, IP's own SAP.
  void llc(Bytes bytes) {
    packet_.etype = 0;
    if (bytes.size() < 3) return stop(PacketProblem::kTruncated);
    if (bytes[0] == 0x06 && bytes[1] == 0x06 && bytes[2] == 0x03) return ethertype(kIpv4, bytes.subspan(3));
    if (bytes[0] != 0xaa || bytes[1] != 0xaa || bytes[2] != 0x03) return stop(PacketProblem::kNotIp);
    if (bytes.size() < 8) return stop(PacketProblem::kTruncated);
    const std::uint32_t organization = load_be32(&bytes[2]) & 0xffffff;
    // Encapsulated Ethernet, also in 802.1H's form for bridge tunnels; other organizations number their own protocols.
    if (organization != 0 && organization != 0x0000f8) return stop(PacketProblem::kNotIp);
    ethertype(load_be16(&bytes[6]), bytes.subspan(8));
  }

  void ethertype(std::uint16_t type, Bytes rest) {
    packet_.etype = type;
    if (++layers_ > kMaxLayers) return stop(PacketProblem::kTooManyLayers);
    if (type == kIpv4) return read_ipv4(packet_, rest, uncaptured_);
    if (type == kIpv6) return read_ipv6(packet_, rest, uncaptured_);
    if (is_vlan_tag(type)) return vlan(rest);
    if (type == 0x8847 || type == 0x8848) return mpls(rest);
    if (type == 0x8864) return pppoe(rest);
    stop(PacketProblem::kNotIp);
  }

  void vlan(Bytes bytes) {
    if (bytes.size() < 4) return stop(PacketProblem::kTruncated);
    if (!in_pseudo_wire_) {
      const auto id = static_cast<std::uint16_t>(load_be16(&bytes[0]) & 0x0fff);
      if (packet_.vlan_tags == 0) packet_.vlan_id = id;
      if (packet_.vlan_tags == 1) packet_.inner_vlan_id = id;
      ++packet_.vlan_tags;
    }
    type_or_length(load_be16(&bytes[2]), bytes.subspan(4));
  }

  void mpls(Bytes bytes) {
    constexpr std::uint32_t kBottomOfStack = 0x100;
    std::uint32_t entry = 0;
    do {
      if (bytes.size() < 4) return stop(PacketProblem::kTruncated);
      if (packet_.mpls_labels == DissectedPacket::kMaxMpls) return stop(PacketProblem::kTooManyLayers);
      entry = load_be32(bytes.data());
      packet_.mpls[packet_.mpls_labels++] = entry;
      bytes = bytes.subspan(4);
    } while ((entry & kBottomOfStack) == 0);
    mpls_payload(bytes);
  }

  // Nothing in the label stack says what it carries; everybody guesses by the first nibble (RFC 4928). A pseudo-wire
  // begins with a control word of nibble 0, or without one with a destination address, which may begin with any nibble.
  void mpls_payload(Bytes bytes) {
    if (bytes.empty()) return stop(PacketProblem::kTruncated);
    const unsigned nibble = bytes[0] >> 4;
    if (looks_like_ip(bytes, uncaptured_)) return ip(bytes);
    if (nibble == 0 && bytes.size() >= 4 && looks_like_ethernet(bytes.subspan(4))) return pseudo_wire(bytes.subspan(4));
    if (looks_like_ethernet(bytes)) return pseudo_wire(bytes);
    if (nibble == 4 || nibble == 6) return ip(bytes);
    stop(PacketProblem::kNotIp);
  }

  void pseudo_wire(Bytes frame) {
    if (++layers_ > kMaxLayers) return stop(PacketProblem::kTooManyLayers);
    in_pseudo_wire_ = true;
    ethernet(frame);
  }

  void pppoe(Bytes bytes) {
    if (bytes.size() < 6) return stop(PacketProblem::kTruncated);
    if (bytes[0] != 0x11) return stop(PacketProblem::kMalformed);
    if (bytes[1] != 0) return stop(PacketProblem::kNotIp);  // discovery
    ppp(bytes.subspan(6));
  }

  // PPP in HDLC-like framing (RFC 1662), or with address and control left out; on serial lines Cisco HDLC as well.
  void ppp_framed(Bytes frame) {
    if (frame.size() < 2) return stop(PacketProblem::kTruncated);
    if (frame[0] == 0xff && frame[1] == 0x03) return ppp(frame.subspan(2));
    if (frame[0] == 0x0f || frame[0] == 0x8f) return cisco_hdlc(frame);
    ppp(frame);
  }

  // From the protocol field on, which is one byte long where it was compressed (RFC 1661 §6.5).
  void ppp(Bytes bytes) {
    packet_.etype = 0;
    if (bytes.empty()) return stop(PacketProblem::kTruncated);
    const std::size_t width = (bytes[0] & 1) != 0 ? 1 : 2;
    if (bytes.size() < width) return stop(PacketProblem::kTruncated);
    const Bytes rest = bytes.subspan(width);
    switch (load_be(bytes.data(), width)) {
      case 0x0021: return ethertype(kIpv4, rest);
      case 0x0057: return ethertype(kIpv6, rest);
      case 0x0281: return ethertype(0x8847, rest);
      case 0x0283: return ethertype(0x8848, rest);
      default: return stop(PacketProblem::kNotIp);
    }
  }

  void cisco_hdlc(Bytes frame) {
    if (frame.size() < 4) return stop(PacketProblem::kTruncated);
    ethertype(load_be16(&frame[2]), frame.subspan(4));
  }

  // The address family in the byte order of the machine that captured; IPv6 has a number of its own on each BSD.
  void loopback(Bytes frame) {
    if (frame.size() < 4) return stop(PacketProblem::kTruncated);
    const std::uint32_t as_written = load_be32(frame.data());
    switch (std::min(as_written, __builtin_bswap32(as_written))) {
      case 2: return ethertype(kIpv4, frame.subspan(4));
      case 10:
      case 24:
      case 28:
      case 30: return ethertype(kIpv6, frame.subspan(4));
      default: return stop(PacketProblem::kNotIp);
    }
  }

  // Linux's cooked captures: a header of `size` bytes with the protocol at `protocol_at`.
  void linux_cooked(Bytes frame, std::size_t size, std::size_t protocol_at) {
    constexpr std::uint16_t kProtocolLlc = 4;
    if (frame.size() < size) return stop(PacketProblem::kTruncated);
    const std::uint16_t protocol = load_be16(&frame[protocol_at]);
    if (protocol == kProtocolLlc) return llc(frame.subspan(size));
    if (protocol < kFirstEthertype) return stop(PacketProblem::kNotIp);
    ethertype(protocol, frame.subspan(size));
  }

  DissectedPacket& packet_;
  std::size_t uncaptured_;
  unsigned layers_ = 0;
  bool in_pseudo_wire_ = false;
};

}  // namespace

bool is_supported(LinkType type) {
  switch (type) {
    case LinkType::kNull:
    case LinkType::kEthernet:
    case LinkType::kPpp:
    case LinkType::kRawBsd:
    case LinkType::kRaw:
    case LinkType::kPppSerial:
    case LinkType::kPppEther:
    case LinkType::kCiscoHdlc:
    case LinkType::kLoop:
    case LinkType::kLinuxSll:
    case LinkType::kIpv4:
    case LinkType::kIpv6:
    case LinkType::kLinuxSll2: return true;
  }
  return false;
}

std::string_view reason_name(PacketProblem problem) {
  switch (problem) {
    case PacketProblem::kNone: return "none";
    case PacketProblem::kNotIp: return "not_ip";
    case PacketProblem::kUnknownLinkType: return "unknown_link_type";
    case PacketProblem::kTruncated: return "truncated";
    case PacketProblem::kMalformed: return "malformed";
    case PacketProblem::kTooManyLayers: return "too_many_layers";
    case PacketProblem::kCount: break;
  }
  return "";
}

DissectedPacket dissect(LinkType type, Bytes frame, std::uint32_t wire_length) {
  DissectedPacket packet;
  const std::size_t uncaptured = wire_length > frame.size() ? wire_length - frame.size() : 0;
  LinkWalk(packet, uncaptured).start(type, frame);
  return packet;
}

DissectedPacket dissect_ip(Bytes bytes) {
  DissectedPacket packet;
  LinkWalk(packet, 0).ip(bytes);
  return packet;
}

}  // namespace weir
