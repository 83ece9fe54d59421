#include "collector/udp_header.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t kUdp = 8;
constexpr std::uint8_t kUdpProtocol = 17;
constexpr std::uint8_t kHops = 64;

// The ones' complement sum of RFC 1071; pieces but the last are of even length.
std::uint64_t add_words(std::uint64_t sum, Bytes bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += load_be16(&bytes[i]);
  if (i < bytes.size()) sum += static_cast<std::uint64_t>(bytes[i]) << 8;
  return sum;
}

std::uint16_t fold(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  const auto checksum = static_cast<std::uint16_t>(~sum);
  return checksum == 0 ? 0xffff : checksum;  // zero means that there is none
}

void write_ipv4(std::uint8_t* p, const IpAddress& from, const IpAddress& to, std::size_t length) {
  std::fill_n(p, 20, std::uint8_t{0});
  p[0] = 0x45;
  store_be16(p + 2, static_cast<std::uint16_t>(20 + length));
  p[8] = kHops;
  p[9] = kUdpProtocol;
  std::copy_n(from.bytes.begin(), 4, p + 12);
  std::copy_n(to.bytes.begin(), 4, p + 16);
}

void write_ipv6(std::uint8_t* p, const IpAddress& from, const IpAddress& to, std::size_t length) {
  std::fill_n(p, 40, std::uint8_t{0});
  p[0] = 0x60;
  store_be16(p + 4, static_cast<std::uint16_t>(length));
  p[6] = kUdpProtocol;
  p[7] = kHops;
  std::ranges::copy(from.bytes, p + 8);
  std::ranges::copy(to.bytes, p + 24);
}

}  // namespace

std::size_t write_udp_headers(std::array<std::uint8_t, kMaxUdpHeaders>& out, const UdpEndpoint& from,
                              const UdpEndpoint& to, Bytes payload) {
  const std::size_t length = kUdp + payload.size();
  const bool v4 = from.address.family == Family::kV4;
  const std::size_t ip = v4 ? 20 : 40;
  v4 ? write_ipv4(out.data(), from.address, to.address, length)
     : write_ipv6(out.data(), from.address, to.address, length);
  std::uint8_t* const udp = out.data() + ip;
  store_be16(udp, from.port);
  store_be16(udp + 2, to.port);
  store_be16(udp + 4, static_cast<std::uint16_t>(length));
  store_be16(udp + 6, 0);
  // The pseudo-header of both versions is the same sum, since what IPv6 has longer is zero.
  std::uint64_t sum = kUdpProtocol + length;
  sum = add_words(sum, from.address.bytes);
  sum = add_words(sum, to.address.bytes);
  sum = add_words(sum, {udp, kUdp});
  store_be16(udp + 6, fold(add_words(sum, payload)));
  return ip + kUdp;
}

}  // namespace weir
