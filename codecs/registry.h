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

// RFC 5103: element N of this enterprise is the reverse of IANA's N, and its name that of N with "reverse" in front
// ("reverseOctetDeltaCount", §6.1).
inline constexpr std::uint32_t kReverseEnterprise = 29305;

// NetFlow v9 field types N ≥ 32768 that a mediator carries in IPFIX are elements N - 32768 of this "enterprise".
inline constexpr std::uint32_t kNetflow9Enterprise = 0xffffffff;

// nProbe writes element N of its own enterprise in NetFlow v9 as field type 57472 + N.
inline constexpr std::uint32_t kNtopEnterprise = 35632;
inline constexpr std::uint16_t kNtopNetflow9Base = 57472;

// Null when the registry does not know it.
//
// NetFlow v9 has no enterprises. Its field types are IANA's elements and some that vendors took for themselves (Cisco
// ASA 33000 and 40000, Palo Alto 56701, nProbe 57472 and on), which no IPFIX template can name: find_element(0, type)
// knows both. Of nProbe's it returns the enterprise's element, so that `enterprise` and `id` of the result may differ
// from what was asked.
const ElementInfo* find_element(std::uint32_t enterprise, std::uint16_t id);

// By its exact name; of several that share one IANA's, then the lowest enterprise's.
const ElementInfo* find_element(std::string_view name);

}  // namespace weir
