// The values that stand behind an attribute's operator.
//
// Thread rules: functions without shared state. add_value() may block on name resolution.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "query/condition.h"

namespace weir {

enum class ValueKind : std::uint8_t {
  kNumber,
  kProtocol,
  kEtype,
  kFlowType,
  kFlags,
  kMac,
  kTime,
  kDuration,
  kAddress,
  kDegrees,
  kNetwork,  // src_net, dst_net: the prefix itself
  kNumberList,
  kAddressList,
  kText,
};

// An attribute as it was named: `snet` is the field of `sip`, but takes no host names.
struct Attribute {
  std::string name;  // in lower case
  QueryField field;
  ValueKind kind = ValueKind::kNumber;
  std::uint64_t max = 0;  // of a number
  bool host_names = false;
};

std::optional<Attribute> make_attribute(std::string_view name);

// False for addresses, texts and lists, which are only equal or not.
bool has_order(ValueKind kind);

// Adds the value that `text` spells to the test; false when it spells none. Host names are not looked up.
bool add_literal(const Attribute& attribute, std::string_view text, Test& test);

// The same with host names, and errors that say what would be right.
Result<void> add_value(const Attribute& attribute, std::string_view text, const ResolveName& resolve, Test& test);

}  // namespace weir
