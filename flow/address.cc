#include "flow/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

constexpr char kHex[] = "0123456789abcdef";

char* write_octet(char* out, std::uint8_t v) {
  if (v >= 100) {
    *out++ = static_cast<char>('0' + v / 100);
    v = static_cast<std::uint8_t>(v % 100);
    *out++ = static_cast<char>('0' + v / 10);
  } else if (v >= 10) {
    *out++ = static_cast<char>('0' + v / 10);
  }
  *out++ = static_cast<char>('0' + v % 10);
  return out;
}

char* write_v4(char* out, const std::uint8_t* b) {
  for (int i = 0; i < 4; ++i) {
    if (i != 0) *out++ = '.';
    out = write_octet(out, b[i]);
  }
  return out;
}

char* write_group(char* out, unsigned group) {
  for (int shift = 12; shift >= 0; shift -= 4) {
    if (group >> shift != 0 || shift == 0) *out++ = kHex[group >> shift & 15];
  }
  return out;
}

// The first longest run of at least two zero groups (RFC 5952 §4.2); {8, 0} for none.
struct ZeroRun {
  unsigned start = 8, length = 0;
};

ZeroRun longest_zero_run(const std::array<unsigned, 8>& groups) {
  ZeroRun best;
  for (unsigned i = 0; i < 8;) {
    unsigned end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = std::max(end, i + 1);
  }
  return best;
}

bool is_v4_mapped(const AddressBytes& b) {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), b.begin());
}

char* write_v6(char* out, const AddressBytes& b) {
  if (is_v4_mapped(b)) {
    constexpr std::string_view kPrefix = "::ffff:";
    return write_v4(std::copy(kPrefix.begin(), kPrefix.end(), out), b.data() + 12);
  }
  std::array<unsigned, 8> groups;
  for (unsigned i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(b[2 * i]) << 8 | b[2 * i + 1];
  const ZeroRun zeros = longest_zero_run(groups);
  for (unsigned i = 0; i < 8; ++i) {
    if (i == zeros.start) {
      *out++ = ':';
      *out++ = ':';
      i += zeros.length - 1;
      continue;
    }
    if (i != 0 && i != zeros.start + zeros.length) *out++ = ':';
    out = write_group(out, groups[i]);
  }
  return out;
}

unsigned full_length(Family family) { return family == Family::kV4 ? 32 : 128; }

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress a;
  a.family = Family::kV4;
  for (unsigned i = 0; i < 4; ++i) a.bytes[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return a;
}

IpAddress IpAddress::v4(const std::uint8_t* four_bytes) {
  IpAddress a;
  a.family = Family::kV4;
  std::memcpy(a.bytes.data(), four_bytes, 4);
  return a;
}

IpAddress IpAddress::v6(const std::uint8_t* sixteen_bytes) {
  IpAddress a;
  a.family = Family::kV6;
  std::memcpy(a.bytes.data(), sixteen_bytes, 16);
  return a;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char buffer[kAddressText + 1];
  if (text.empty() || text.size() > kAddressText) return std::nullopt;
  *std::copy(text.begin(), text.end(), buffer) = '\0';
  IpAddress a;
  const bool is_v6 = text.find(':') != std::string_view::npos;
  if (::inet_pton(is_v6 ? AF_INET6 : AF_INET, buffer, a.bytes.data()) != 1) return std::nullopt;
  a.family = is_v6 ? Family::kV6 : Family::kV4;
  return a;
}

IpAddress IpAddress::unmapped() const {
  return family == Family::kV6 && is_v4_mapped(bytes) ? v4(bytes.data() + 12) : *this;
}

std::string IpAddress::to_string() const {
  char buffer[kAddressText];
  return {buffer, write_address(buffer, bytes, family)};
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  unsigned length = full_length(address->family);
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length > full_length(address->family))
      return std::nullopt;
  }
  return Prefix{{masked(address->bytes, length), address->family}, static_cast<std::uint8_t>(length)};
}

bool Prefix::contains(const IpAddress& other) const {
  return other.family == address.family && masked(other.bytes, length) == address.bytes;
}

AddressBytes masked(const AddressBytes& bytes, unsigned length) {
  AddressBytes result{};
  const unsigned whole = std::min(length / 8, 16U);
  std::copy_n(bytes.begin(), whole, result.begin());
  if (whole < 16 && length % 8 != 0) {
    result[whole] = static_cast<std::uint8_t>(bytes[whole] & (0xff00U >> length % 8));
  }
  return result;
}

char* write_address(char* out, const AddressBytes& bytes, Family family) {
  switch (family) {
    case Family::kV4: return write_v4(out, bytes.data());
    case Family::kV6: return write_v6(out, bytes);
    case Family::kNone: break;
  }
  return out;
}

char* write_mac(char* out, const MacAddress& mac) {
  for (std::size_t i = 0; i < mac.size(); ++i) {
    if (i != 0) *out++ = ':';
    *out++ = kHex[mac[i] >> 4];
    *out++ = kHex[mac[i] & 15];
  }
  return out;
}

}  // namespace weir
