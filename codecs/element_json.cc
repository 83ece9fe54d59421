#include "codecs/element_json.h"

#include <bit>
#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "base/text.h"
#include "flow/address.h"

namespace weir {
namespace {

char* write_quoted_hex(char* out, Bytes value) {
  *out++ = '"';
  out = write_hex(out, value);
  *out++ = '"';
  return out;
}

char* write_unsigned(char* out, Bytes value) { return write_number(out, load_be(value.data(), value.size())); }

char* write_signed(char* out, Bytes value) {
  const unsigned unused_bits = 64 - 8 * static_cast<unsigned>(value.size());
  const auto v = static_cast<std::int64_t>(load_be(value.data(), value.size()) << unused_bits) >> unused_bits;
  if (v >= 0) return write_number(out, static_cast<std::uint64_t>(v));
  *out++ = '-';
  return write_number(out, std::uint64_t{0} - static_cast<std::uint64_t>(v));
}

template <typename Float>
char* write_finite(char* out, Float v) {
  if (!std::isfinite(v)) return copy_text(out, "null");
  return std::to_chars(out, out + 32, v).ptr;
}

char* write_float(char* out, Bytes value) {
  if (value.size() == 4) return write_finite(out, std::bit_cast<float>(load_be32(value.data())));
  if (value.size() == 8) return write_finite(out, std::bit_cast<double>(load_be64(value.data())));
  return write_quoted_hex(out, value);
}

// RFC 7011 §6.1.5: 1 is true, 2 is false.
char* write_boolean(char* out, Bytes value) {
  const std::uint64_t v = load_be(value.data(), value.size());
  if (v == 1) return copy_text(out, "true");
  if (v == 2) return copy_text(out, "false");
  return write_number(out, v);
}

char* write_ip(char* out, Bytes value) {
  if (value.size() != 4 && value.size() != 16) return write_quoted_hex(out, value);
  const IpAddress address = value.size() == 4 ? IpAddress::v4(value.data()) : IpAddress::v6(value.data());
  *out++ = '"';
  out = write_address(out, address.bytes, address.family);
  *out++ = '"';
  return out;
}

char* write_mac_value(char* out, Bytes value) {
  if (value.size() != 6) return write_quoted_hex(out, value);
  MacAddress mac;
  std::memcpy(mac.data(), value.data(), mac.size());
  *out++ = '"';
  out = write_mac(out, mac);
  *out++ = '"';
  return out;
}

char* write_string(char* out, Bytes value) {
  std::string_view text = as_text(value);
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  *out++ = '"';
  out = write_json_text(out, text);
  *out++ = '"';
  return out;
}

// A count of `unit` nanoseconds since the Unix epoch (RFC 7011 §6.1.7, §6.1.8).
char* write_epoch_time(char* out, Bytes value, std::uint64_t unit) {
  std::uint64_t ns;
  if (__builtin_mul_overflow(load_be(value.data(), value.size()), unit, &ns)) return write_quoted_hex(out, value);
  return write_number(out, ns);
}

// An NTP timestamp (RFC 7011 §6.1.9, §6.1.10): seconds since 1900, or since 2036 where that gives a time before 1970,
// and a binary fraction, rounded to `resolution` nanoseconds.
char* write_ntp_time(char* out, Bytes value, std::uint64_t resolution) {
  if (value.size() != 8) return write_quoted_hex(out, value);
  constexpr std::uint64_t k1900To1970 = 2'208'988'800;
  std::uint64_t seconds = load_be32(value.data());
  if (seconds < k1900To1970) seconds += std::uint64_t{1} << 32;
  const std::uint64_t fraction = load_be32(value.data() + 4);
  const std::uint64_t units_a_second = kNsPerSecond / resolution;
  const std::uint64_t units = (fraction * units_a_second + (std::uint64_t{1} << 31)) >> 32;
  return write_number(out, (seconds - k1900To1970) * kNsPerSecond + units * resolution);
}

char* write_number_typed(char* out, ElementType type, Bytes value) {
  if (value.empty()) return copy_text(out, "null");
  if (value.size() > 8) return write_quoted_hex(out, value);
  switch (type) {
    case ElementType::kSigned8:
    case ElementType::kSigned16:
    case ElementType::kSigned32:
    case ElementType::kSigned64: return write_signed(out, value);
    case ElementType::kBoolean: return write_boolean(out, value);
    case ElementType::kDateTimeSeconds: return write_epoch_time(out, value, kNsPerSecond);
    case ElementType::kDateTimeMilliseconds: return write_epoch_time(out, value, kNsPerMs);
    default: return write_unsigned(out, value);
  }
}

}  // namespace

char* write_element(char* out, ElementType type, Bytes value) {
  switch (type) {
    case ElementType::kString: return write_string(out, value);
    case ElementType::kIpv4Address:
    case ElementType::kIpv6Address: return write_ip(out, value);
    case ElementType::kMacAddress: return write_mac_value(out, value);
    case ElementType::kFloat32:
    case ElementType::kFloat64: return write_float(out, value);
    case ElementType::kDateTimeMicroseconds: return write_ntp_time(out, value, kNsPerUs);
    case ElementType::kDateTimeNanoseconds: return write_ntp_time(out, value, 1);
    case ElementType::kOctetArray:
    case ElementType::kBasicList:
    case ElementType::kSubTemplateList:
    case ElementType::kSubTemplateMultiList: return write_quoted_hex(out, value);
    default: return write_number_typed(out, type, value);
  }
}

}  // namespace weir
