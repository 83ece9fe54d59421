// IP and MAC addresses as values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

enum class Family : std::uint8_t { kNone = 0, kV4 = 4, kV6 = 6 };

// The 16 bytes of an address; an IPv4 one stands in the first four, the rest zero. Its family is kept beside it.
using AddressBytes = std::array<std::uint8_t, 16>;

using MacAddress = std::array<std::uint8_t, 6>;

// An address with its family. IPv4-mapped IPv6 addresses are IPv6: whoever reads a dual-stack socket unmaps them.
struct IpAddress {
  AddressBytes bytes{};
  Family family = Family::kNone;

  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v4(const std::uint8_t* four_bytes);
  static IpAddress v6(const std::uint8_t* sixteen_bytes);
  // Dotted quad or any IPv6 text form; nothing else (no zone, no port, no mask).
  static std::optional<IpAddress> parse(std::string_view text);

  // ::ffff:a.b.c.d as a.b.c.d; every other address unchanged.
  IpAddress unmapped() const;
  std::string to_string() const;
  bool operator==(const IpAddress&) const = default;
  auto operator<=>(const IpAddress&) const = default;
};

// An address block. Bits beyond `length` are zero.
struct Prefix {
  IpAddress address;
  std::uint8_t length = 0;

  // "10.0.0.0/8", "2001:db8::/32", or a single address (its full length).
  static std::optional<Prefix> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  bool operator==(const Prefix&) const = default;
};

// `bytes` with every bit beyond `length` cleared.
AddressBytes masked(const AddressBytes& bytes, unsigned length);

// The longest text each writer below can produce.
inline constexpr std::size_t kAddressText = 45;
inline constexpr std::size_t kMacText = 17;

// Write text at `out`, which has room for the longest, and return the end. IPv6 as RFC 5952 (lower case, longest run of
// zeros shortened); Family::kNone writes nothing.
char* write_address(char* out, const AddressBytes& bytes, Family family);
char* write_mac(char* out, const MacAddress& mac);

}  // namespace weir

template <>
struct std::hash<weir::IpAddress> {
  std::size_t operator()(const weir::IpAddress& a) const noexcept {
    std::uint64_t high, low;
    std::memcpy(&high, a.bytes.data(), 8);
    std::memcpy(&low, a.bytes.data() + 8, 8);
    std::uint64_t h = (high ^ static_cast<std::uint64_t>(a.family)) * 0x9e3779b97f4a7c15ULL;
    h = (h ^ (h >> 32) ^ low) * 0xd6e8feb86659fd93ULL;
    return static_cast<std::size_t>(h ^ (h >> 32));
  }
};
