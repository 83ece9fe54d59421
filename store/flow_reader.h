// Rows back to flows: for export, roll-ups, and whoever wants the records as they came.
//
// Thread rules: functions without shared state.
#pragma once

#include "flow/batch.h"
#include "store/segment.h"

namespace weir {

// Writes every row of a block as the flow it was, extras included, to `writer`. `keep`, when not empty, has a byte for
// each row: 0 leaves it out.
Result<void> read_flows(const Segment& segment, unsigned block, Scratch& scratch, std::span<const std::uint8_t> keep,
                        BatchWriter& writer);

}  // namespace weir
