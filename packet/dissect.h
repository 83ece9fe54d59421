// Dissecting frames and packets: from bytes as they were on the wire to what a flow record needs to know.
//
// Thread rules: pure functions. A DissectedPacket points into the bytes it was made from and lives no longer than they
// do. Hostile input: nothing is read outside `frame`; a packet that is cut or malformed says so in `problem`, and the
// members of the layers before the problem are valid: src.family tells whether the IP header was read, has_ports
// whether the ports were.
//
// Read: Ethernet II and 802.3 with LLC/SNAP, VLAN tags of every TPID in use, MPLS (RFC 3032) with IP or an Ethernet
// pseudo-wire inside (RFC 4448, with its control word or without), PPPoE sessions (RFC 2516), PPP, Cisco HDLC; IPv4
// (RFC 791) and IPv6 with its extension headers (RFC 8200). Of a tunnel the outer IP header counts: GRE, IP in IP and
// SRv6 end the walk, and who wants the inside dissects ip_payload.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "flow/address.h"

namespace weir {

// What a frame begins with. The numbers are those of https://www.tcpdump.org/linktypes.html.
enum class LinkType : std::uint16_t {
  kNull = 0,  // BSD loopback, 4 bytes of address family in either byte order
  kEthernet = 1,
  kPpp = 9,
  kRawBsd = 12,  // raw IP as some BSDs number it
  kRaw = 101,    // raw IPv4 or IPv6
  kPppSerial = 50,
  kPppEther = 51,
  kCiscoHdlc = 104,
  kLoop = 108,  // like kNull in network order
  kLinuxSll = 113,
  kIpv4 = 228,
  kIpv6 = 229,
  kLinuxSll2 = 276,
};

// False for link types that carry no IP or that weir does not know.
bool is_supported(LinkType type);

enum class PacketProblem : std::uint8_t {
  kNone,
  kNotIp,  // ARP, LLDP, unknown ethertype: nothing wrong with it
  kUnknownLinkType,
  kTruncated,      // the capture or the sender cut it inside a header
  kMalformed,      // a header that contradicts itself
  kTooManyLayers,  // more VLAN, MPLS or extension headers than any real packet has
  kCount
};
std::string_view reason_name(PacketProblem problem);

struct DissectedPacket {
  static constexpr unsigned kMaxMpls = 10;

  PacketProblem problem = PacketProblem::kNone;
  IpAddress src, dst;
  std::uint16_t etype = 0;    // of the innermost payload: 0x0800, 0x86dd, or that of a non-IP frame
  std::uint8_t proto = 0;     // after the IPv6 extension chain
  std::uint8_t tos = 0;       // IPv4 ToS or IPv6 traffic class
  std::uint8_t ttl = 0;       // or hop limit
  std::uint8_t ip_flags = 0;  // the three IPv4 flag bits: 2 don't fragment, 1 more fragments; v6: 1 more fragments
  std::uint32_t flow_label = 0;
  std::uint32_t fragment_id = 0;
  std::uint16_t fragment_offset = 0;  // in bytes
  bool is_fragment = false;           // any piece of a fragmented packet, the first included
  // IP octets by the header: total length, or 40 + payload length, a jumbo payload's (RFC 2675) included. A total
  // length of zero, as segmentation offload leaves it, is replaced by what was on the wire.
  std::uint32_t ip_length = 0;
  Bytes ip_packet;      // from the IP header on, cut at ip_length and at the frame's end
  bool is_cut = false;  // fewer bytes were captured than ip_length says: ip_payload and l4_payload may be short
  std::uint16_t src_port = 0, dst_port = 0;  // TCP, UDP, UDPLite, SCTP, DCCP; only where the first bytes are there
  bool has_ports = false;
  std::uint16_t tcp_flags = 0;  // the 12 bits after the data offset (RFC 7125)
  std::uint8_t icmp_type = 0, icmp_code = 0;
  bool has_icmp = false;
  bool has_mac = false;
  // MAC addresses and VLAN tags are those of the frame itself, not of one that a pseudo-wire carries inside it.
  MacAddress src_mac{}, dst_mac{};
  const std::uint8_t* link_header = nullptr;  // where has_mac: the 12 bytes of both addresses
  std::uint16_t vlan_id = 0;                  // outermost 802.1Q tag, 0 for none
  std::uint16_t inner_vlan_id = 0;            // of a QinQ frame
  unsigned vlan_tags = 0;
  unsigned mpls_labels = 0;
  std::array<std::uint32_t, kMaxMpls> mpls{};  // label stack entries as on the wire (label, TC, S, TTL), top first
  // What follows the IP header and its extensions, cut at ip_length and at the frame's end; in a fragment what follows
  // the Fragment header, which may be more extension headers.
  Bytes ip_payload;
  std::uint8_t payload_proto = 0;  // what ip_payload begins with: proto, but for such a fragment
  Bytes l4_payload;                // what follows the UDP header, cut at the UDP length; or the TCP header; else empty
};

// Dissects a frame of `type`; `frame` holds the captured bytes, which may be fewer than the `wire_length` that the
// frame had (0: as many).
DissectedPacket dissect(LinkType type, Bytes frame, std::uint32_t wire_length = 0);

// Dissects from an IP header on (IPv4 or IPv6 by its version nibble).
DissectedPacket dissect_ip(Bytes packet);

// Makes of `packet`, the last fragment to arrive, the packet that was put together from all: `payload` is the whole IP
// payload and `proto` what it begins with, an IPv6 extension header perhaps.
void dissect_reassembled(DissectedPacket& packet, std::uint8_t proto, Bytes payload);

}  // namespace weir
