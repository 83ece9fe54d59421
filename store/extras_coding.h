// A flow's extras as bytes, as columns keep them: for each element a varint of its enterprise, its number, its flags
// and its length; before them a varint of how many there are, behind them the values.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "flow/batch.h"
#include "store/pod_vector.h"

namespace weir {

// Appends the extras of `flow`; nothing when it has none.
void append_extras(const FlowBatch& batch, const Flow& flow, PodVector<std::uint8_t>& out);

// How many bytes of arena they need as an ExtrasHeader with all that follows; 0 when there are none, nullopt when they
// are malformed.
std::optional<std::size_t> extras_size(Bytes encoded);
// Writes them at `out`, which has room for extras_size(). REQUIRES that this was neither 0 nor nullopt.
void decode_extras(Bytes encoded, std::uint8_t* out);

}  // namespace weir
