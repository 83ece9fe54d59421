// The field table as data (fields.def tells what its columns mean).
//
// Everything is constexpr or immutable: free to use from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/flow.h"

namespace weir {

enum class FieldHome : std::uint8_t { kOrigin, kFlow, kFlowCold, kSrcPlace, kDstPlace };

inline constexpr std::size_t kFieldHomes = 5;

constexpr bool in_place(FieldHome home) { return home == FieldHome::kSrcPlace || home == FieldHome::kDstPlace; }

// How a member is kept, and how JSON and CSV write it.
enum class FieldType : std::uint8_t {
  kFlowType,      // FlowProtocol: "NETFLOW_V5"
  kTimeNs,        // uint64: a number
  kUnsigned,      // uint8 to uint64: a number
  kAddress,       // AddressBytes, with a member `<name>_family` beside it: "10.0.0.1", "" when absent
  kEtype,         // uint16: "IPv4", "IPv6", "ARP", …
  kProtocol,      // uint8: "TCP"
  kMac,           // MacAddress: "00:11:22:33:44:55"
  kSrcPrefix,     // uint8 prefix length, applied to src_addr: "10.0.0.0/8"
  kDstPrefix,     // likewise dst_addr
  kDegrees,       // uint32 of degrees.h: a decimal number, 52.52
  kUnsignedList,  // Slice of uint32: [1,2]
  kAddressList,   // Slice of IpAddress: ["10.0.0.1"]
  kText,          // Slice of UTF-8 bytes
};

enum class FieldGroup : std::uint8_t { kCommon, kOwn, kReverse, kEnriched };

struct FieldInfo {
  FieldId id;
  std::string_view name;
  FieldHome home;
  FieldType type;
  FieldGroup group;
  std::uint16_t offset;         // of the member in its home
  std::uint16_t width;          // sizeof the member
  std::uint16_t family_offset;  // of the Family member, for kAddress; else 0
  std::string_view elements;    // "8 27"
  std::string_view aliases;     // "sip src"
};

// In the order of FieldId, which is that of the JSON record.
extern const std::array<FieldInfo, kFieldCount> kFields;

inline const FieldInfo& field_info(FieldId id) { return kFields[static_cast<std::size_t>(id)]; }

// By name or alias, exact.
std::optional<FieldId> find_field(std::string_view name);

}  // namespace weir
