#include "exporter/metering/initiator.h"

namespace weir {
namespace {

constexpr std::uint8_t kIcmp = 1, kTcp = 6, kIcmpv6 = 58;
constexpr std::uint16_t kSyn = 0x002, kAck = 0x010;

bool is_group(const AddressBytes& address, Family family) {
  if (family == Family::kV6) return address[0] == 0xff;
  const bool is_broadcast = (address[0] & address[1] & address[2] & address[3]) == 0xff;
  return address[0] >> 4 == 0xe || is_broadcast;
}

// Answers of ICMP, and its error messages: they go to who sent what they are about.
bool is_icmp_answer(std::uint8_t type) {
  switch (type) {
    case 0:   // echo reply
    case 3:   // destination unreachable
    case 4:   // source quench
    case 11:  // time exceeded
    case 12:  // parameter problem
    case 14:  // timestamp reply
    case 16:  // information reply
    case 18:  // address mask reply
    case 43:  // extended echo reply
      return true;
    default: return false;
  }
}

bool is_icmpv6_answer(std::uint8_t type) {
  switch (type) {
    case 1:    // destination unreachable
    case 2:    // packet too big
    case 3:    // time exceeded
    case 4:    // parameter problem
    case 129:  // echo reply
    case 136:  // neighbour advertisement
    case 140:  // node information response
    case 161:  // extended echo reply
      return true;
    default: return false;
  }
}

// What Linux and IANA both give to clients. A port of zero says nothing and is no service.
bool is_ephemeral(std::uint16_t port) { return port >= 32768 || port == 0; }

bool is_sender_by_ports(std::uint16_t from, std::uint16_t to) {
  if (is_ephemeral(from) != is_ephemeral(to)) return is_ephemeral(from);
  return to <= from;
}

}  // namespace

Initiator find_initiator(const PacketInfo& packet) {
  if (packet.proto == kTcp && (packet.tcp_flags & kSyn) != 0)
    return {.is_sender = (packet.tcp_flags & kAck) == 0, .is_certain = true};
  if (is_group(packet.dst, packet.family)) return {.is_sender = true, .is_certain = false};
  if (packet.has_icmp && packet.proto == kIcmp) return {!is_icmp_answer(packet.icmp_type), false};
  if (packet.has_icmp && packet.proto == kIcmpv6) return {!is_icmpv6_answer(packet.icmp_type), false};
  if (!packet.has_ports) return {.is_sender = true, .is_certain = false};
  return {is_sender_by_ports(packet.src_port, packet.dst_port), false};
}

}  // namespace weir
