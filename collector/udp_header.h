// IP and UDP headers for datagrams that keep another host's address as their source (RFC 791, RFC 8200, RFC 768).
//
// Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "flow/address.h"

namespace weir {

struct UdpEndpoint {
  IpAddress address;
  std::uint16_t port = 0;
};

inline constexpr std::size_t kMaxUdpHeaders = 40 + 8;

// Writes both headers of a datagram around `payload` and returns their length: 28 bytes for IPv4, 48 for IPv6. The
// kernel fills the IPv4 header's checksum and identification. REQUIRES addresses of one family and a payload that fits
// an IP packet.
std::size_t write_udp_headers(std::array<std::uint8_t, kMaxUdpHeaders>& out, const UdpEndpoint& from,
                              const UdpEndpoint& to, Bytes payload);

}  // namespace weir
