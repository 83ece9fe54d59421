// What the value of an option must be, told in weir's words. CLI11's own checks speak of types and their limits.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace weir {

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);
CLI::Validator number(double least, double most);
// In any case of letters; the option gets the choice as it is written here.
CLI::Validator one_of(std::vector<std::string> choices);
// For free text: an empty value is a shell variable that was not set, not a wish for the default.
CLI::Validator not_empty();

}  // namespace weir
