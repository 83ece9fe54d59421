// What standard output is, and writing to it.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>

#include "query/print.h"

namespace weir {

// Of standard output: the terminal's width, and colour unless NO_COLOR is set or the terminal has none. Neither where
// it is no terminal.
TextStyle output_style();

// Writes all of `text` to standard output; false, told on standard error, when that fails (a full disk).
bool print_output(const std::string& text);

}  // namespace weir
