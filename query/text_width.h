// How many columns of a terminal a text takes.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

// Bytes of the character at text[at], 1 where it is not well-formed UTF-8. REQUIRES at < text.size().
std::size_t character_length(std::string_view text, std::size_t at);

// A well-formed character counts one column, an East Asian wide one or an emoji two, a combining one none; a byte that
// is no UTF-8 counts one.
std::size_t display_width(std::string_view text);

}  // namespace weir
