// Roll-ups: the traffic of five-minute blocks, paired into biflows and keyed by the service port, as goProbe keeps it.
// A fraction of the raw flows' size, for the years after the raw flows have gone.
//
// A row has: time_flow_start_ns, the block's beginning, and time_flow_end_ns (and the time column), its last
// nanosecond; sampler_address, host, in_if, in_if_name, out_if, out_if_name, flow_direction, sampling_rate, src_addr
// (the initiator), dst_addr (the responder), dst_port (its port; 0 for ICMP), proto; bytes, packets and reverse_bytes,
// reverse_packets, sums; and the flows column, how many flows it stands for. The key is all but times and sums.
//
// Directions. Rows are paired: whoever reads them pairs no more. A flow that goes back to the initiator
// (conversations.h) has its interfaces, like its endpoints, swapped, and its counters among the reverse ones;
// flow_direction stays what the exporter said. So, with b the forward counters and r the reverse ones, a row counts
//
//   at the interface in_if                             in = b, out = r
//   at the interface out_if                            in = r, out = b
//   where no interface is asked for                    in = b, out = r; with flow_direction 1: in = r, out = b
//   where the exporter meters both sides, each part only where it was observed: b at in_if, or with flow_direction 1
//   at out_if; r at the other of the two, for it came as a flow of its own, which entered there. A biflow that the
//   exporter itself had paired was observed whole at one interface: its rows are kept apart by having
//   reverse_time_flow_end_ns (equal to time_flow_end_ns), and their r counts where b does. A part without bytes and
//   packets counts nowhere; a row with neither part where b does.
//
// Scope. Which flow answers which is decided among the raw inputs, so within the day, or within a half, a quarter … of
// it where the day does not fit the memory; flows that come late, for a day that is a roll-up already, are paired among
// themselves. A query over raw flows decides within its own window. The two can differ for conversations that reach
// over the edge, and only in which side is the initiator: the counters always add up.
//
// Thread rules: functions without shared state.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/memory_budget.h"
#include "store/segment.h"

namespace weir {

inline constexpr std::uint64_t kRollupBlockNs = 300'000'000'000;

// The block that `ns` lies in: its last nanosecond.
constexpr std::uint64_t rollup_block_end(std::uint64_t ns) { return (ns / kRollupBlockNs + 1) * kRollupBlockNs - 1; }

// Images of roll-up segments that stand for all rows of `inputs` (raw or roll-up, of one UTC day), each with at most
// RowBuffer::kMaxRows rows. `next_id` gives each its id and is advanced.
// Errors: an input is damaged, the budget does not suffice for five minutes of it.
Result<std::vector<std::string>> make_rollup(std::span<const std::shared_ptr<const Segment>> inputs,
                                             std::uint64_t& next_id, MemoryBudget& budget);

}  // namespace weir
