#include "store/compaction.h"

#include <algorithm>
#include <map>
#include <utility>

namespace weir {
namespace {

using Run = std::span<const SegmentEntry>;

constexpr std::size_t kFewest = 8;
constexpr std::size_t kSimilar = 4;
// A merge has all of its inputs open.
constexpr std::size_t kMost = 128;
// Of a day that is over, a large segment is not written again for the sake of a few rows.
constexpr std::uint64_t kWorthwhile = 16;

// The longest run from the front of `segments` that fits one segment. `full`: the next would not fit.
struct Fit {
  Run run;
  std::uint64_t rows = 0;
  bool full = false;
};

Fit fit(Run segments, std::size_t merged_rows, bool similar) {
  Fit result;
  std::uint32_t least = UINT32_MAX, most = 0;
  std::size_t n = 0;
  for (; n < segments.size() && n < kMost; ++n) {
    const std::uint32_t rows = segments[n].rows;
    least = std::min(least, rows);
    most = std::max(most, rows);
    if (similar && most / kSimilar >= std::max(least, 1u)) break;
    if (result.rows + rows > merged_rows) {
      result.full = true;
      break;
    }
    result.rows += rows;
  }
  result.full |= n == kMost;
  result.run = segments.first(n);
  return result;
}

bool worth_merging(const Fit& found, std::size_t merged_rows) {
  if (found.run.size() < 2) return false;
  if (found.run.size() >= kFewest && found.rows <= merged_rows / 4) return true;
  return found.full && found.rows >= merged_rows / 2;
}

bool worth_finishing(const Fit& found) {
  if (found.run.size() < 2) return false;
  const std::uint64_t largest = std::ranges::max(found.run, {}, &SegmentEntry::rows).rows;
  return found.run.size() >= kFewest || largest <= kWorthwhile * (found.rows - largest);
}

Run plan_day(Run segments, const MergePolicy& policy) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Fit found = fit(segments.subspan(i), policy.merged_rows, true);
    if (worth_merging(found, policy.merged_rows)) return found.run;
  }
  const std::uint64_t day = segments.front().day();
  if (day >= policy.first_open_day || policy.busy_days.contains(day)) return {};
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Fit found = fit(segments.subspan(i), policy.merged_rows, false);
    if (worth_finishing(found)) return found.run;
  }
  return {};
}

}  // namespace

std::vector<SegmentEntry> plan_merge(std::span<const SegmentEntry> segments, const MergePolicy& policy) {
  std::map<std::pair<std::uint64_t, Tier>, std::vector<SegmentEntry>> days;
  for (const SegmentEntry& entry : segments) {
    if (!policy.keep.contains(entry.id)) days[{entry.day(), entry.tier}].push_back(entry);
  }
  for (auto& [key, day] : days) {
    std::ranges::sort(day, {}, [](const SegmentEntry& entry) { return std::pair(entry.times.first, entry.id); });
    if (const Run run = plan_day(day, policy); !run.empty()) return {run.begin(), run.end()};
  }
  return {};
}

}  // namespace weir
