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
// that the record already has gets _2, _3 … appended. Values are written by element_json.h; unknown elements in hex.
char* write_extras(char* out, const FlowBatch& batch, const Flow& flow, ExtrasOf which);

}  // namespace weir
