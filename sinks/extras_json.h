// The elements of a record that have no field of their own, as JSON members.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>

#include "flow/batch.h"

namespace weir {

// The most that write_extras() can write for `flow`.
std::size_t max_extras_length(const FlowBatch& batch, const Flow& flow);

enum class ExtrasOf : std::uint8_t {
  kFlow,     // all of them
  kForward,  // without those of the reverse direction (RFC 5103)
  kReverse,  // only those, under the names of the forward elements
};

// Writes `,"name":value` for each extra. The name is the registry's, else e<PEN>_<id> (enterprise 0 is IANA's); a name
// that the record already has gets _2, _3 … appended. The value goes by the element's abstract type (RFC 7012 §3.1) and
// the width it came in: integers and dates (in ns since the Unix epoch) as numbers, floats (null where not finite),
// booleans, addresses and strings (fixed-length ones without their trailing NULs) as such; octetArray, elements
// unknown, and values whose width does not fit their type in hex.
char* write_extras(char* out, const FlowBatch& batch, const Flow& flow, ExtrasOf which);

}  // namespace weir
