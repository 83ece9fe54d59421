// goflow2's command line, for weir called by that name: what becomes of its flags, and of those of OpenObserve's fork.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

struct Goflow2Command {
  std::vector<std::string> arguments;  // of weir
  std::vector<std::string> notes;      // what goflow2 would do otherwise, for the user to read
  std::string help;                    // to print instead, where help was asked for
};

// `arguments` are what follows the program's name, in the syntax of Go's flags (-name=value, -name value, one dash or
// two). Errors: a flag that does not exist, a value that cannot be taken, something that weir does not do (Kafka,
// protobuf, sFlow alone).
Result<Goflow2Command> goflow2_arguments(const std::vector<std::string>& arguments);

}  // namespace weir
