// Inside exporter/metering: the key of a conversation and its entry in the flow table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "flow/address.h"

namespace weir {

// Both directions of a conversation have the same key: `a` is the endpoint that compares lower. Parts that do not
// belong to the key are zero.
struct FlowKey {
  AddressBytes a, b;
  std::uint16_t port_a, port_b;
  std::uint16_t vlan_id;
  std::uint8_t proto;
  Family family;  // kNone in an entry that is not in use
  std::uint32_t interface;

  // The bytes but for the interface.
  std::array<std::uint64_t, 5> words() const {
    std::array<std::uint64_t, 5> w;
    std::memcpy(w.data(), this, sizeof w);
    return w;
  }
  bool operator==(const FlowKey& other) const {
    const auto w = words(), o = other.words();
    return ((w[0] ^ o[0]) | (w[1] ^ o[1]) | (w[2] ^ o[2]) | (w[3] ^ o[3]) | (w[4] ^ o[4]) |
            (interface ^ other.interface)) == 0;
  }
};

// Of one direction, in the slice that is being counted; zero when it had no packet yet.
struct FlowHalf {
  std::uint64_t packets;
  std::uint64_t bytes;
  std::uint64_t first_ns, last_ns;
  std::uint32_t flow_label;              // label, ToS and ICMP of the first packet
  std::uint16_t min_length, max_length;  // IP octets of a packet, at most 65535
  std::uint16_t tcp_flags;
  std::uint8_t tos;
  std::uint8_t min_ttl, max_ttl;
  std::uint8_t icmp_type, icmp_code;
  bool has_icmp;
};

// Bits of FlowEntry::state. What belongs to a direction is a bit for a → b, and the next for b → a.
namespace flow_state {
inline constexpr std::uint16_t kSeen = 1 << 0;  // had a packet
inline constexpr std::uint16_t kFin = 1 << 2;
inline constexpr std::uint16_t kRst = 1 << 4;
inline constexpr std::uint16_t kAck = 1 << 5;        // a TCP connection under way
inline constexpr std::uint16_t kSeveral = 1 << 6;    // more than one packet
inline constexpr std::uint16_t kReversed = 1 << 7;   // b is the initiator
inline constexpr std::uint16_t kHandshake = 1 << 8;  // known by SYN: nothing is known better
inline constexpr std::uint16_t kExported = 1 << 9;   // a slice was written: the initiator stays
inline constexpr std::uint16_t kInFromA = 1 << 10;   // a → b entered by the interface
inline constexpr std::uint16_t kInFromB = 1 << 11;
inline constexpr std::uint16_t kHasPorts = 1 << 12;
inline constexpr std::uint16_t kHasMac = 1 << 13;
inline constexpr std::uint16_t kBothSeen = kSeen | kSeen << 1;
inline constexpr std::uint16_t kBothFin = kFin | kFin << 1;
}  // namespace flow_state

// How long a flow may be silent before it ends.
enum class IdleTimeout : std::uint8_t { kUnanswered, kUdp, kIdle, kClosed };

// Three cache lines. A packet touches the first and its direction's.
struct alignas(64) FlowEntry {
  FlowKey key;
  std::uint16_t state;
  IdleTimeout timeout;
  std::uint64_t last_ns;   // of either direction
  std::uint64_t start_ns;  // of the slice; kNoStart while it has no packet

  FlowHalf a_to_b;
  std::uint64_t flow_id;
  std::uint32_t next, previous;  // in the timer wheel's slot, or in the list of free entries

  FlowHalf b_to_a;
  MacAddress mac_a, mac_b;
  std::uint32_t slot;  // of the timer wheel

  FlowHalf& half(bool from_b) { return from_b ? b_to_a : a_to_b; }
  const FlowHalf& half(bool from_b) const { return from_b ? b_to_a : a_to_b; }
};

inline constexpr std::uint64_t kNoStart = ~std::uint64_t{0};
inline constexpr std::uint32_t kNoEntry = ~std::uint32_t{0};

static_assert(sizeof(FlowKey) == 44);
static_assert(sizeof(FlowHalf) == 48);
static_assert(sizeof(FlowEntry) == 192);
static_assert(offsetof(FlowEntry, a_to_b) == 64 && offsetof(FlowEntry, b_to_a) == 128);

}  // namespace weir
