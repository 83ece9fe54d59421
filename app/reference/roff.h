// The few pieces of roff that manual pages need.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// Text that roff prints as it is, also at the beginning of a line.
std::string roff_text(std::string_view text);

// Text that keeps its lines and blanks.
std::string roff_lines(std::string_view text);

std::string roff_section(std::string_view title);

// An entry of a list: `term` in bold, its `value` in italics, and below what is said of it.
std::string roff_entry(std::string_view term, std::string_view value, std::string_view description);

}  // namespace weir
