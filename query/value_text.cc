#include "query/value_text.h"

#include <fmt/format.h>

#include <chrono>

#include "base/clock.h"
#include "base/text.h"
#include "flow/degrees.h"
#include "flow/names.h"
#include "query/human.h"
#include "query/tcp_flags.h"
#include "query/words.h"

namespace weir {
namespace {

using Kind = QueryField::Kind;

bool is_flags(const QueryField& field) {
  return field.kind == Kind::kStored &&
         (field.field == FieldId::tcp_flags || field.field == FieldId::reverse_tcp_flags);
}

std::string mac_text(std::uint64_t number) {
  if (number == 0) return "";
  MacAddress mac;
  for (unsigned i = 0; i < mac.size(); ++i) mac[i] = static_cast<std::uint8_t>(number >> (40 - 8 * i));
  char buffer[kMacText];
  return {buffer, write_mac(buffer, mac)};
}

std::string etype_text(std::uint64_t number) {
  if (number == 0) return "";
  const std::string_view name = etype_name(static_cast<std::uint16_t>(number));
  return name.empty() ? fmt::format("{:#06x}", number) : std::string(name);
}

// Nothing where the place is not known.
std::string degrees_text(std::uint64_t number) {
  if (number == 0) return "";
  char buffer[kNumberRoom];
  return {buffer, write_degrees(buffer, static_cast<std::uint32_t>(number))};
}

std::string address_text(const IpAddress& address, const AddressNames& names) {
  if (names) {
    if (const auto name = names(address)) return *name;
  }
  return address.to_string();
}

std::string number_for_people(const QueryField& field, std::uint64_t number) {
  if (field.kind == Kind::kTime || is_field(field, FieldType::kTimeNs)) return local_time(number);
  if (field.kind == Kind::kDuration) return human_elapsed(std::chrono::milliseconds(number));
  if (is_flags(field)) return tcp_flags_text(number);
  return fmt::to_string(number);
}

bool is_named(const QueryField& field) {
  return is_field(field, FieldType::kProtocol) || is_field(field, FieldType::kEtype) ||
         is_field(field, FieldType::kFlowType) || is_field(field, FieldType::kMac) ||
         is_field(field, FieldType::kDegrees);
}

}  // namespace

bool is_field(const QueryField& field, FieldType type) {
  return field.kind == Kind::kStored && field_info(field.field).type == type;
}

std::string name_of_number(const QueryField& field, std::uint64_t number) {
  if (is_field(field, FieldType::kProtocol)) return std::string(protocol_name(static_cast<std::uint8_t>(number)));
  if (is_field(field, FieldType::kEtype)) return etype_text(number);
  if (is_field(field, FieldType::kFlowType)) return std::string(flow_type_name(static_cast<FlowProtocol>(number)));
  if (is_field(field, FieldType::kMac)) return mac_text(number);
  if (is_field(field, FieldType::kDegrees)) return degrees_text(number);
  return "";
}

std::string value_for_people(const QueryField& field, const QueryValue& value, const AddressNames& names) {
  if (const auto* address = std::get_if<IpAddress>(&value)) {
    return printable(address_text(*address, names));
  }
  if (const auto* text = std::get_if<std::string>(&value)) return printable(*text);
  const auto number = std::get<std::uint64_t>(value);
  return is_named(field) ? name_of_number(field, number) : number_for_people(field, number);
}

std::string value_for_programs(const QueryField& field, const QueryValue& value, const AddressNames& names) {
  if (const auto* address = std::get_if<IpAddress>(&value)) return address_text(*address, names);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto number = std::get<std::uint64_t>(value);
  if (field.kind == Kind::kTime) return fmt::to_string(number / kNsPerSecond);
  return is_named(field) ? name_of_number(field, number) : fmt::to_string(number);
}

}  // namespace weir
