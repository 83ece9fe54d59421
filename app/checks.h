// What the value of an option must be, told in weir's words, and options that several commands have. CLI11's own checks
// speak of types and their limits.
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

// --fields full|compact|all and --biflow merge|split, of commands that write records. Both texts hold the defaults and
// outlive the command.
void add_record_options(CLI::App& command, std::string& fields, std::string& biflow);

}  // namespace weir
