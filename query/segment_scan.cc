#include "query/segment_scan.h"

#include "query/key_builder.h"

namespace weir {

Result<std::unique_ptr<SegmentScan>> SegmentScan::open(const Plan& plan, const Segment& segment, KeyValues& values,
                                                       MemoryBudget& budget) {
  std::unique_ptr<SegmentScan> scan(new SegmentScan(segment, values, budget));
  if (auto ok = scan->bind(plan, segment); !ok) return std::unexpected(ok.error());
  scan->pruned_ = scan->rules_out(segment);
  if (scan->pruned_) return scan;
  if (plan.by_interface && !plan.both_sides.empty()) {
    if (auto ok = scan->codes_.prepare_addresses(); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = KeyBuilder::prepare(plan.layout, plan.by_interface, segment, scan->codes_); !ok) {
    return std::unexpected(ok.error());
  }
  return scan;
}

Result<void> SegmentScan::bind(const Plan& plan, const Segment& segment) {
  const bool biflow = plan.request.biflow;
  auto as_stored = BoundPredicate::bind(plan.as_stored, segment, biflow);
  if (!as_stored) return std::unexpected(as_stored.error());
  as_stored_ = std::move(*as_stored);
  if (!biflow || segment.summary().tier == Tier::kRollup) return {};
  auto reversed = BoundPredicate::bind(plan.reversed, segment, biflow);
  if (!reversed) return std::unexpected(reversed.error());
  reversed_ = std::move(*reversed);
  return {};
}

Verdict SegmentScan::verdict(Orientation orientation, unsigned block) const {
  if (orientation == Orientation::kReversed && !reversed_) return Verdict::kNone;
  return predicate(orientation).verdict(block);
}

bool SegmentScan::rules_out(const Segment& segment) const {
  for (unsigned block = 0; block < segment.blocks(); ++block) {
    if (verdict(Orientation::kAsStored, block) != Verdict::kNone) return false;
    if (verdict(Orientation::kReversed, block) != Verdict::kNone) return false;
  }
  return true;
}

}  // namespace weir
