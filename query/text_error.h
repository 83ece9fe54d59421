// What is wrong with one of the texts that make a query, for programs as well as for people.
//
// Thread rules: value type.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include "base/error.h"

namespace weir {

// `message` is for the command line: it names the option, or shows the place in a condition on lines of its own.
struct TextError : Error {
  std::string option;                // "condition", "first": the text at fault
  std::string reason;                // `message` without the option and the place
  std::optional<std::size_t> place;  // in the text, in bytes, where that is known
};

template <typename T>
using TextResult = std::expected<T, TextError>;

}  // namespace weir
