// A segment while a query works through it: the query's conditions and the codes of its keys, bound to the segment.
//
// Thread rules: after open() immutable, but for SegmentCodes, which looks after itself.
#pragma once

#include <memory>
#include <optional>

#include "base/error.h"
#include "query/bound_predicate.h"
#include "query/plan.h"
#include "query/segment_codes.h"
#include "store/segment.h"

namespace weir {

class SegmentScan {
 public:
  // All outlive this. Errors: the segment is damaged, the budget is used up.
  static Result<std::unique_ptr<SegmentScan>> open(const Plan& plan, const Segment& segment, KeyValues& values,
                                                   MemoryBudget& budget);

  // No row of it can match.
  bool pruned() const { return pruned_; }
  const SegmentCodes& codes() const { return codes_; }
  const BoundPredicate& predicate(Orientation orientation) const {
    return orientation == Orientation::kReversed ? *reversed_ : *as_stored_;
  }
  Verdict verdict(Orientation orientation, unsigned block) const;

 private:
  SegmentScan(const Segment& segment, KeyValues& values, MemoryBudget& budget) : codes_(segment, values, budget) {}
  Result<void> bind(const Plan& plan, const Segment& segment);
  bool rules_out(const Segment& segment) const;

  SegmentCodes codes_;
  std::optional<BoundPredicate> as_stored_;
  std::optional<BoundPredicate> reversed_;  // where rows can be
  bool pruned_ = false;
};

}  // namespace weir
