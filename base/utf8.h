// Texts from the network made fit for readers that take nothing but UTF-8.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// `text` as it is where it is well-formed UTF-8; else a copy in `room`, with U+FFFD for every byte that is not part of
// it.
std::string_view as_utf8(std::string_view text, std::string& room);

}  // namespace weir
