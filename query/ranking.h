// The groups that an answer shows, in its order, and the sums over all.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "base/memory_budget.h"
#include "query/condition.h"
#include "query/groups.h"
#include "query/key_layout.h"
#include "query/request.h"

namespace weir {

struct RankedGroup {
  std::uint64_t rank;  // what is sorted by
  const std::uint64_t* key;
  FlowCounters counters;
};

// Whether an aggregated row has traffic in the directions asked for: by packets, by bytes where it has no packets.
bool goes(DirectionFilter direction, const FlowCounters& counters);

// Keeps the best request.limit groups of those it visits.
class Ranking final : public GroupVisitor {
 public:
  // All outlive this.
  Ranking(const QueryRequest& request, const KeyLayout& layout, const KeyValues& values, MemoryBudget& budget);
  ~Ranking() override;
  Ranking(const Ranking&) = delete;
  Ranking& operator=(const Ranking&) = delete;

  void visit(const std::uint64_t* key, const FlowCounters& counters) override;
  // The budget was used up: the ranking is not whole.
  bool failed() const { return failed_; }

  // Takes in what another ranking kept and counted.
  void merge(const Ranking& other);
  // Best first. No visit() or merge() after that.
  const std::vector<RankedGroup>& sorted();

  std::uint64_t hits() const { return hits_; }
  const FlowCounters& totals() const { return totals_; }

 private:
  bool before(const RankedGroup& a, const RankedGroup& b) const;
  std::uint64_t rank(const std::uint64_t* key, const FlowCounters& counters) const;
  void keep(const RankedGroup& group);
  bool make_room();

  const QueryRequest& request_;
  const KeyLayout& layout_;
  const KeyValues& values_;
  MemoryBudget& budget_;
  std::size_t charged_ = 0;
  bool failed_ = false;
  std::vector<RankedGroup> best_;  // a heap with the worst on top once there are request.limit
  std::uint64_t hits_ = 0;
  FlowCounters totals_;
};

}  // namespace weir
