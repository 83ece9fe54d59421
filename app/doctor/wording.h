// Pieces of findings that several checks share.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/json_tree.h"

namespace weir {

// "a, b, c and 5 more"
std::string name_some(std::span<const std::string> names);
// "1 flow", "12 flows"
std::string counted(std::uint64_t count, std::string_view singular);
// "12 %", "0.3 %", "less than 0.1 %"
std::string percent_text(std::uint64_t part, std::uint64_t whole);
// "34.5 GiB"
std::string size_text(std::uint64_t bytes);

// "10.0.0.1 (core1)", "10.0.0.1 domain 5" for an item of the status' "exporters".
std::string exporter_name(const JsonTree& exporter);
// The sum of an account's drops.
std::uint64_t dropped_in(const JsonTree& account);
// "queue_full 3, unreachable 4"
std::string drops_text(const JsonTree& account);

}  // namespace weir
