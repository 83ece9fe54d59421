// A query made ready for a snapshot: what is the same for all segments and threads.
//
// Thread rules: immutable after construction.
#pragma once

#include <span>
#include <vector>

#include "query/key_layout.h"
#include "query/predicate.h"
#include "query/request.h"
#include "store/snapshot.h"

namespace weir {

struct Plan {
  // Both outlive this.
  Plan(const QueryRequest& request, const Snapshot& snapshot);

  const QueryRequest& request;
  KeyLayout layout;
  // The condition, the time window and the interfaces, as rows are stored and, for biflows, with their sides exchanged.
  Predicate as_stored;
  Predicate reversed;
  // Whether flows count at their interfaces, once at each side.
  bool by_interface;
  // Whether rows can count in the outgoing direction.
  bool both_ways;
  std::span<const IpAddress> both_sides;  // Snapshot::both_sides
};

// `resolution`, or for kAutoResolution the smallest multiple of five minutes that gives a stretch of this length at
// most a hundred blocks.
std::uint64_t chosen_resolution(std::uint64_t resolution, const TimeRange& times);

}  // namespace weir
