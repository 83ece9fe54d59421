// Inside exporter/metering: the key of a conversation and its entry in the flow table.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/hash.h"
#include "flow/address.h"

namespace weir {

// Both directions of a conversation have the same key: `a` is the endpoint that compares lower. Parts that do not
// belong to the key are zero. Kept as words, which is how it is written, hashed and compared.
struct FlowKey {
  std::uint64_t a[2], b[2];  // addresses, as their bytes stand in memory
  std::uint64_t rest;        // see make_rest(); never zero
  std::uint64_t interface;

  static std::uint64_t make_rest(std::uint16_t port_a, std::uint16_t port_b, std::uint16_t vlan_id, std::uint8_t proto,
                                 Family family) {
    return port_a | std::uint64_t{port_b} << 16 | std::uint64_t{vlan_id} << 32 | std::uint64_t{proto} << 48 |
           static_cast<std::uint64_t>(family) << 56;
  }
  std::uint16_t port_a() const { return static_cast<std::uint16_t>(rest); }
  std::uint16_t port_b() const { return static_cast<std::uint16_t>(rest >> 16); }
  std::uint16_t vlan_id() const { return static_cast<std::uint16_t>(rest >> 32); }
  std::uint8_t proto() const { return static_cast<std::uint8_t>(rest >> 48); }
  Family family() const { return static_cast<Family>(rest >> 56); }
  // Every factor has a secret in it, so that nobody can choose one to be zero, and the first two products need not wait
  // for each other.
  std::uint64_t hash() const {
    const std::uint64_t of_a = fold_product(a[0] ^ kHashSeed, a[1] ^ kHashSeed ^ 0xa0761d6478bd642fULL);
    const std::uint64_t of_b =
        fold_product(b[0] ^ kHashSeed ^ 0xe7037ed1a0b428dbULL, b[1] ^ kHashSeed ^ 0x8ebc6af09c88c6e3ULL);
    return fold_product(of_a ^ rest ^ 0x589965cc75374cc3ULL, of_b ^ interface ^ kHashSeed ^ 0x1d8e4e27c47d124fULL);
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

inline constexpr std::size_t kCacheLine = 64;

// Three cache lines. A packet touches the first and its direction's.
struct alignas(kCacheLine) FlowEntry {
  // The key; `rest` is zero while the entry is not in use.
  std::uint64_t a[2], b[2];
  std::uint64_t rest;
  std::uint32_t interface;

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

  bool is_used() const { return rest != 0; }
  bool has_key(const FlowKey& key) const {
    return ((a[0] ^ key.a[0]) | (a[1] ^ key.a[1]) | (b[0] ^ key.b[0]) | (b[1] ^ key.b[1]) | (rest ^ key.rest) |
            (interface ^ key.interface)) == 0;
  }
  FlowKey key() const { return {{a[0], a[1]}, {b[0], b[1]}, rest, interface}; }
  void set_key(const FlowKey& key) {
    a[0] = key.a[0];
    a[1] = key.a[1];
    b[0] = key.b[0];
    b[1] = key.b[1];
    rest = key.rest;
    interface = static_cast<std::uint32_t>(key.interface);
  }
  // By address, so that no branch is made: which direction comes next cannot be foretold.
  FlowHalf& half(bool from_b) {
    return *reinterpret_cast<FlowHalf*>(reinterpret_cast<char*>(this) + kCacheLine * (from_b ? 2U : 1U));
  }
  const FlowHalf& half(bool from_b) const { return const_cast<FlowEntry*>(this)->half(from_b); }
};

inline constexpr std::uint64_t kNoStart = ~std::uint64_t{0};
inline constexpr std::uint32_t kNoEntry = ~std::uint32_t{0};

static_assert(sizeof(FlowHalf) == 48);
static_assert(sizeof(FlowEntry) == 192);
static_assert(offsetof(FlowEntry, a_to_b) == kCacheLine && offsetof(FlowEntry, b_to_a) == 2 * kCacheLine);

}  // namespace weir
