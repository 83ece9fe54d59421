#include "query/plan.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::uint64_t kResolutionStep = 300'000'000'000;
constexpr std::uint64_t kMostBlocks = 100;

// What of the time asked for the snapshot can have.
TimeRange found_times(const QueryRequest& request, const Snapshot& snapshot) {
  TimeRange times = TimeRange::none();
  for (const auto& segment : snapshot.segments) times.add(segment->summary().times);
  return {std::max(times.first, request.times.first), std::min(times.last, request.times.last)};
}

TimeBlocks blocks_of(const QueryRequest& request, const TimeRange& times) {
  const std::uint64_t resolution = chosen_resolution(request.time_resolution_ns, times);
  if (times.empty()) return {resolution, 0, 0};
  return {resolution, times.first / resolution, times.last / resolution};
}

Predicate window_and_condition(const QueryRequest& request, Orientation orientation, std::uint64_t resolution) {
  Predicate both;
  Predicate& window = both.children.emplace_back();
  window.kind = Predicate::Kind::kTest;
  window.test.column = kTimeColumn;
  window.test.numbers = IntervalSet({{request.times.first, request.times.last}});
  if (request.condition.flows) {
    both.children.push_back(make_predicate(*request.condition.flows, orientation, resolution));
  }
  return both;
}

}  // namespace

std::uint64_t chosen_resolution(std::uint64_t resolution, const TimeRange& times) {
  if (resolution != kAutoResolution) return resolution;
  const std::uint64_t length = times.empty() ? 0 : times.last - times.first;
  return (length / (kMostBlocks * kResolutionStep) + 1) * kResolutionStep;
}

Plan::Plan(const QueryRequest& query, const Snapshot& snapshot)
    : request(query),
      v4_layout(query.columns, blocks_of(query, found_times(query, snapshot)), Addresses::kV4),
      any_layout(query.columns, v4_layout.times(), Addresses::kAny),
      as_stored(window_and_condition(query, Orientation::kAsStored, v4_layout.times().resolution)),
      reversed(window_and_condition(query, Orientation::kReversed, v4_layout.times().resolution)),
      by_interface(v4_layout.interface() != nullptr || query.interfaces.restricts()),
      both_sides(snapshot.both_sides) {
  for (const KeyPart& part : v4_layout.parts()) {
    if (part.source == KeyPart::Source::kAddress) address_columns.push_back(part.field);
  }
}

}  // namespace weir
