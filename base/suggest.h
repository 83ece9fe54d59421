// The word that was probably meant, for error messages.
//
// Thread rules: functions without shared state.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir {

// `"; did you mean '…'?"` with the candidate nearest to `word` by edit distance, or "" when none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace weir
