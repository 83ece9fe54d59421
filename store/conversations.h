// Which way a one-way flow goes within its conversation: from the side that began it, or back to it.
//
// A router reports the two directions of a conversation as two flows. Both have one key here, the two endpoints
// (address and port) in either order and the protocol. The initiator is, in this order,
//
//   ICMP and ICMPv6   the sender of a request (8, 13; 128), the receiver of a reply or an error (0, 3, 11, 12, 14;
//                     1, 3, 4, 129); of other types the sender. Ports do not count. A flow without icmp_type has its
//                     type in the upper byte of dst_port.
//   multicast         the sender, where the destination is multicast (224.0.0.0/4, ff00::/8) or 255.255.255.255
//   the first packet  where flows of both directions were added: the sender of the one with the earliest start (a flow
//                     without a start begins at its time column); of two that start together neither
//   the ports         a port below 32768 is the service's where the other is not; of two in one class the smaller is;
//                     with equal ports the sender is the initiator
//
// A flow that has reverse counters, be they 0, and a row of a roll-up is a biflow already and is never reversed. Source
// of the last rule: goProbe.
//
// Thread rules: add() from any number of threads, then (after all have returned) reversed() from any number.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/error.h"
#include "base/memory_budget.h"
#include "store/segment.h"

namespace weir {

class Conversations {
 public:
  // `budget` outlives this.
  explicit Conversations(MemoryBudget& budget);
  ~Conversations();

  // Takes in the rows of a block for which keep[row] != 0 (all when `keep` is empty). Errors: a damaged segment, the
  // budget is used up (then budget.refused()).
  Result<void> add(const Segment& segment, unsigned block, Scratch& scratch, std::span<const std::uint8_t> keep);

  // out[row] = 1 where the row goes back to the initiator, else 0. REQUIRES that the row was added.
  Result<void> reversed(const Segment& segment, unsigned block, Scratch& scratch, std::uint8_t* out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
