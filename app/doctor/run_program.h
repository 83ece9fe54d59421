// What another program prints, within bounds.
//
// Thread rules: a function without shared state.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

// Runs argv[0], found by PATH, without input; its standard output. Errors: there is no such program, it fails, takes
// longer than `limit` (and is killed), or prints more than a mebibyte.
Result<std::string> run_program(const std::vector<std::string>& argv, std::chrono::milliseconds limit);

}  // namespace weir
