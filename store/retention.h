// What a store lets go: by age, and by size. Whole UTC days, the oldest first; only of the day under way, when nothing
// else is left, single segments.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/manifest.h"

namespace weir {

struct RetentionPolicy {
  // Days before this are too old, for raw flows and for everything.
  std::optional<std::uint64_t> raw_from_day;
  std::optional<std::uint64_t> all_from_day;
  bool roll_up = false;              // raw days become roll-ups rather than go
  std::uint64_t max_size = 0;        // of all; 0: no bound
  std::uint64_t other_size = 0;      // what is not in segments
  std::uint64_t first_open_day = 0;  // a day before this is over
};

struct RetentionStep {
  enum class Kind : std::uint8_t { kNothing, kRemove, kRollUp } kind = Kind::kNothing;
  std::vector<SegmentEntry> segments;
};

// The next thing to do. After it, ask again.
RetentionStep plan_retention(std::span<const SegmentEntry> segments, const RetentionPolicy& policy);

}  // namespace weir
