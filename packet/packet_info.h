// What metering needs to know of a packet, read straight from the frame: plain packets by a short path of their own,
// all others by dissect().
//
// Thread rules: pure functions. A PacketInfo points into its frame and lives no longer. Hostile input: nothing is read
// outside the frame.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "flow/address.h"
#include "packet/dissect.h"

namespace weir {

// Not initialised when made; read_packet() sets every member. Names are those of DissectedPacket.
struct PacketInfo {
  AddressBytes src, dst;
  std::uint16_t src_port, dst_port;
  std::uint16_t vlan_id;  // outermost
  std::uint8_t proto;
  Family
      family;  // kNone: the IP header could not be read, `problem` says why, and no other member but `mac` has a value
  std::uint32_t ip_length;
  std::uint32_t flow_label;
  std::uint32_t fragment_id;
  std::uint16_t fragment_offset;
  std::uint16_t tcp_flags;
  std::uint8_t tos, ttl;
  std::uint8_t icmp_type, icmp_code;
  bool has_ports, has_icmp, is_fragment;
  PacketProblem problem;
  std::uint16_t transport_at;  // offset in `ip` of what follows the IP header and its extensions
  std::uint32_t ip_captured;   // bytes at `ip`
  const std::uint8_t* ip;      // the IP header
  const std::uint8_t* mac;     // destination, then source, 12 bytes; null where the link has none
};

// `wire_length` is the frame's length on the wire (0: as captured). With `inside_tunnels` what VXLAN, Geneve, GRE and
// IP in IP carry is read instead of the tunnel, where it can be read (packet/tunnel.h).
void read_packet(LinkType type, Bytes frame, std::uint32_t wire_length, bool inside_tunnels, PacketInfo& out);

// The two halves of read_packet() without tunnels. The first reads Ethernet with up to two VLAN tags, or raw IP, with
// IPv4 without options or IPv6 without extensions, whole, and TCP, UDP or ICMP without a fault; or says false, and
// `out` may have changed. The second reads anything, and the same of what the first reads.
bool read_plain_packet(LinkType type, Bytes frame, PacketInfo& out);
void read_any_packet(LinkType type, Bytes frame, std::uint32_t wire_length, PacketInfo& out);

// Of a packet with TCP or UDP: how many bytes of IP and transport headers it has, as each of the packets has that a
// super-packet was put together from. Where the capture cut the TCP header it is taken to have no options.
std::uint32_t header_length(const PacketInfo& packet);

}  // namespace weir
