// Which segments to merge: small ones that follow each other in time, of one UTC day and tier.
//
// A day under way: segments of similar size (within a factor of four) are merged once there are eight, or, when eight
// would make more than a quarter of the largest segment, once they fill one. So a row is written again once for each
// factor of eight, and at high rates only once. A day that is over is merged as far as it goes.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "store/manifest.h"

namespace weir {

struct MergePolicy {
  std::size_t merged_rows = 2u << 20;
  // A day before this is over.
  std::uint64_t first_open_day = 0;
  // Days of the past of which rows still come: not over.
  std::set<std::uint64_t> busy_days;
  // Segments that are not to be touched: damaged ones.
  std::set<std::uint64_t> keep;
};

// The next merge worth doing, by time; empty when there is none. A single segment means that it is to be written again.
std::vector<SegmentEntry> plan_merge(std::span<const SegmentEntry> segments, const MergePolicy& policy);

}  // namespace weir
