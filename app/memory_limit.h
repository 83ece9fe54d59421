// How much memory a command may take.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace weir {

// The machine's memory, or the limit of this process's control group where that is lower; bytes.
std::uint64_t available_memory();

// "60%" of available_memory(), "2GB", "512MiB", "1000000": bytes, at least 1 MiB.
Result<std::uint64_t> parse_memory(const std::string& text);

}  // namespace weir
