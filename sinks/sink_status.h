// How daemons show their sinks: the same in every status page.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json_text.h"
#include "sinks/sink.h"

namespace weir {

// For people: a section "Sinks (flows)".
void append_sinks(std::string& text, std::span<const SinkStatus> sinks);
// An array "sinks".
void write_sinks(JsonText& json, std::span<const SinkStatus> sinks);
// Every sink got the flows that were published, and its account balances.
void check_sinks(std::vector<std::string>& wrong, std::uint64_t published, std::span<const SinkStatus> sinks);

}  // namespace weir
