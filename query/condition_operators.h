// The operators of conditions in all their spellings.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "query/condition.h"
#include "query/scanner.h"

namespace weir {

struct Operator {
  Comparison comparison = Comparison::kEqual;
  bool list = false;      // `in`, `not in`: kEqual and kNotEqual to any of several values
  std::string_view text;  // the way it is shown: "=", "not in"
};

// Takes the comparison that stands here; none, and nothing is taken, when none does.
std::optional<Operator> take_operator(Scanner& scanner);

// `word` is exactly a comparison's name: "eq", "less".
bool is_operator_word(std::string_view word);

// These take one spelling each of and, or, not. A word may be glued to the attribute behind it: "anddport=443".
bool take_and(Scanner& scanner);
bool take_or(Scanner& scanner);
bool take_not(Scanner& scanner);

}  // namespace weir
