#include "store/retention.h"

#include <algorithm>
#include <map>

namespace weir {
namespace {

using Kind = RetentionStep::Kind;
using Entries = std::vector<SegmentEntry>;

struct Day {
  Entries raw;
  Entries rollup;
};

Entries all_of(const Day& day) {
  Entries all = day.raw;
  all.insert(all.end(), day.rollup.begin(), day.rollup.end());
  return all;
}

// Roll-ups of the day are rolled up again with its raw flows, so that no instant is in both.
RetentionStep let_raw_go(const Day& day, bool roll_up) {
  if (roll_up) return {Kind::kRollUp, all_of(day)};
  return {Kind::kRemove, day.raw};
}

RetentionStep plan_by_age(const std::map<std::uint64_t, Day>& days, const RetentionPolicy& policy) {
  for (const auto& [number, day] : days) {
    if (policy.all_from_day && number < *policy.all_from_day) return {Kind::kRemove, all_of(day)};
    if (day.raw.empty()) continue;
    if (policy.raw_from_day && number < *policy.raw_from_day) return let_raw_go(day, policy.roll_up);
    // Late flows of a day that was rolled up already.
    if (policy.roll_up && !day.rollup.empty() && number < policy.first_open_day) return let_raw_go(day, true);
  }
  return {};
}

RetentionStep plan_by_size(const std::map<std::uint64_t, Day>& days, const RetentionPolicy& policy) {
  for (const auto& [number, day] : days) {
    if (!day.raw.empty() && number < policy.first_open_day) return let_raw_go(day, policy.roll_up);
  }
  for (const auto& [number, day] : days) {
    if (!day.rollup.empty()) return {Kind::kRemove, day.rollup};
  }
  for (const auto& [number, day] : days) {
    if (!day.raw.empty())
      return {Kind::kRemove, {std::ranges::min(day.raw, {}, [](const SegmentEntry& e) { return e.times.last; })}};
  }
  return {};
}

}  // namespace

RetentionStep plan_retention(std::span<const SegmentEntry> segments, const RetentionPolicy& policy) {
  std::map<std::uint64_t, Day> days;
  std::uint64_t size = policy.other_size;
  for (const SegmentEntry& entry : segments) {
    (entry.tier == Tier::kRaw ? days[entry.day()].raw : days[entry.day()].rollup).push_back(entry);
    size += entry.size;
  }
  RetentionStep step = plan_by_age(days, policy);
  if (step.kind == Kind::kNothing && policy.max_size != 0 && size > policy.max_size) step = plan_by_size(days, policy);
  return step;
}

}  // namespace weir
