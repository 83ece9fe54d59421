// The element registry: IANA's information elements and those of known enterprises, made at build time from
// codecs/registry/*.csv.
//
// Immutable; free to use from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

// Abstract data types of RFC 7012 §3.1 and RFC 6313.
enum class ElementType : std::uint8_t {
  kOctetArray,
  kUnsigned8,
  kUnsigned16,
  kUnsigned32,
  kUnsigned64,
  kUnsigned256,
  kSigned8,
  kSigned16,
  kSigned32,
  kSigned64,
  kFloat32,
  kFloat64,
  kBoolean,
  kMacAddress,
  kString,
  kDateTimeSeconds,
  kDateTimeMilliseconds,
  kDateTimeMicroseconds,
  kDateTimeNanoseconds,
  kIpv4Address,
  kIpv6Address,
  kBasicList,
  kSubTemplateList,
  kSubTemplateMultiList,
};

struct ElementInfo {
  std::uint32_t enterprise;  // 0: IANA
  std::uint16_t id;
  ElementType type;
  std::string_view name;
};

// RFC 5103: element N of this enterprise is the reverse of IANA's N.
inline constexpr std::uint32_t kReverseEnterprise = 29305;

// Null when the registry does not know it. NetFlow v9 has no enterprises: its ids below 32768 are IANA's.
const ElementInfo* find_element(std::uint32_t enterprise, std::uint16_t id);

}  // namespace weir
