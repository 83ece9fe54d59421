// Small help with what users type: case, words quoted in messages, the nearest known word.
//
// Thread rules: functions without shared state.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir {

// ASCII only: names of the language are.
std::string lower(std::string_view text);
std::string_view trimmed(std::string_view text);

// Without what would move a terminal's cursor: names come from the network.
std::string printable(std::string_view text);

// 'word', cut where it is long and printable: fit for a message.
std::string in_quotes(std::string_view word);

// "; did you mean '…'?" with the candidate nearest to `word` in any case of letters, or "".
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace weir
