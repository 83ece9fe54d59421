// The elements of a list as the store keeps it.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flow/address.h"
#include "flow/field_table.h"

namespace weir {

std::vector<std::uint32_t> list_numbers(std::string_view bytes);
std::vector<IpAddress> list_addresses(std::string_view bytes);

// A kBytes column's value as CSV writes it: a text itself, a list's elements separated by blanks.
std::string value_text(FieldType type, std::string_view bytes);

}  // namespace weir
