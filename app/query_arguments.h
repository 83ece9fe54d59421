// The command lines of queries before CLI11 sees them: goquery's name and its older spellings.
//
// Thread rules: functions without shared state.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

// `arguments` are what follows the program's name, `program` the name it was called by. Under the name goquery, and for
// the commands query and list:
//
//   goquery …                    weir query --biflow …
//   goquery list, -list          weir list
//   goquery examples, version    weir query --examples, weir --version
//   goquery -v                   weir --version
//   -sum, -resolve, -first=-1d   --sum, --resolve, --first=-1d
//   -f -1d                       --first=-1d: what follows an option is its value, dash or not
//   --memory.max-pct 50          --memory=50%
//   --stored-query FILE          the options in the file, in front of those of the command line, which win
//
// Everything else stays as it is. `query` knows the options. Errors: a stored query that cannot be read.
Result<std::vector<std::string>> query_arguments(const std::string& program, std::vector<std::string> arguments,
                                                 const CLI::App& query);

}  // namespace weir
