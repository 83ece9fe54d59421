// Whether a configuration file would do for every command.
//
// Thread rules: a function without shared state.
#pragma once

#include <string>

#include "base/error.h"

namespace weir {

// Reads the file as each of the commands would that has keys, and checks the values; runs none.
Result<void> check_config_file(const std::string& path);

}  // namespace weir
