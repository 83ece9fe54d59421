// The value of an information element as JSON, by its abstract type (RFC 7012 §3.1) and the width it came in.
//
// Integers are numbers, dates numbers too, in ns since the Unix epoch; floats are null where not finite; booleans,
// addresses and strings (fixed-length ones without their trailing NULs) are themselves; octetArray, structured data,
// and values whose width does not fit their type are strings of hex digits.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/text.h"
#include "codecs/registry.h"

namespace weir {

// The most that write_element() can write for a value of so many bytes.
constexpr std::size_t element_room(std::size_t bytes) { return 64 + kEscapedByte * bytes; }

// Writes at `out` without bounds checks and returns the end.
char* write_element(char* out, ElementType type, Bytes value);

}  // namespace weir
