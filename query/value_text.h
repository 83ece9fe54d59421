// The values of rows as text.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>

#include "query/print.h"
#include "query/result.h"

namespace weir {

// For people: times local, flags as letters, durations with units. Never has a control character, since texts come from
// the network. An absent value is "".
std::string value_for_people(const QueryField& field, const QueryValue& value, const AddressNames& names);

// For programs: times in Unix seconds (`time`) or as the field is kept, protocols and types by name as in the CSV of
// flows, everything else as plain numbers.
std::string value_for_programs(const QueryField& field, const QueryValue& value, const AddressNames& names);

// Names for what is a number in the store: "TCP", "IPv6", "IPFIX", "00:11:22:33:44:55". Empty for other fields, and for
// numbers without a name.
std::string name_of_number(const QueryField& field, std::uint64_t number);

bool is_field(const QueryField& field, FieldType type);

}  // namespace weir
