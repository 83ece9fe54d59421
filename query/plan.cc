#include "query/plan.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

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

// A condition that holds for every row which the query's interfaces see: most others need no further look. None where
// the summaries do not name every interface.
std::optional<Condition> interface_condition(const InterfaceFilter& interfaces, const Snapshot& snapshot) {
  if (!interfaces.restricts()) return std::nullopt;
  std::set<std::string> names;
  for (const auto& segment : snapshot.segments) {
    const auto& totals = segment->summary().interfaces;
    if (totals.size() >= SegmentSummary::kMaxTotals) return std::nullopt;
    for (const InterfaceTotals& interface : totals) {
      if (interface.interface.size() >= SegmentSummary::kMaxName) return std::nullopt;  // it may have been cut
      if (!interface.interface.empty() && interfaces.matches(interface.interface)) names.insert(interface.interface);
    }
  }
  Condition condition;
  condition.test.field.kind = QueryField::Kind::kInterface;
  condition.test.texts.assign(names.begin(), names.end());
  return condition;
}

// Whether a row can count as outgoing where its exporter saw it. A damaged segment is for the scan to find.
bool has_both_ways(const std::shared_ptr<const Segment>& segment) {
  if (segment->has(column_of(FieldId::reverse_packets)) || segment->has(column_of(FieldId::reverse_bytes))) return true;
  const auto directions = segment->zones(column_of(FieldId::flow_direction));
  return !directions || std::ranges::any_of(*directions, [](const Zone& zone) { return zone.max != 0; });
}

Predicate window_and_condition(const QueryRequest& request, const std::optional<Condition>& interfaces,
                               Orientation orientation, std::uint64_t resolution) {
  Predicate both;
  Predicate& window = both.children.emplace_back();
  window.kind = Predicate::Kind::kTest;
  window.test.column = kTimeColumn;
  window.test.numbers = IntervalSet({{request.times.first, request.times.last}});
  if (interfaces) both.children.push_back(make_predicate(*interfaces, orientation, resolution));
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
      layout(query.columns, blocks_of(query, found_times(query, snapshot))),
      by_interface(layout.interface() != nullptr || query.interfaces.restricts()),
      both_ways(by_interface || query.biflow || std::ranges::any_of(snapshot.segments, has_both_ways)),
      both_sides(snapshot.both_sides) {
  const auto interfaces = interface_condition(query.interfaces, snapshot);
  const std::uint64_t resolution = layout.times().resolution;
  as_stored = window_and_condition(query, interfaces, Orientation::kAsStored, resolution);
  reversed = window_and_condition(query, interfaces, Orientation::kReversed, resolution);
}

}  // namespace weir
