// The totals of some rows of a segment.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <span>

#include "store/totals.h"

namespace weir {

// Adds the rows `picks` (ascending) of a block. Errors: the segment is damaged.
Result<void> add_totals(const Segment& segment, unsigned block, std::span<const std::uint16_t> picks, Scratch& scratch,
                        Totals& totals);

}  // namespace weir
