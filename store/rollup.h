// Roll-ups: the traffic of five-minute blocks, paired into biflows and keyed by the service port, as goProbe keeps it.
// A fraction of the raw flows' size, for the years after the raw flows have gone.
//
// A row has: time_flow_start_ns, the block's beginning, and time_flow_end_ns (and the time column), its last
// nanosecond; sampler_address, host, in_if, in_if_name, out_if, out_if_name, flow_direction, sampling_rate, src_addr
// (the initiator), dst_addr (the responder), dst_port (its port; 0 for ICMP), proto; bytes, packets and reverse_bytes,
// reverse_packets, sums; and the flows column, how many flows it stands for. The key is all but times and sums.
// The rows of flows that went back to the initiator (conversations.h) have their interfaces, like their endpoints,
// swapped, and their counters among the reverse ones.
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

// Images of roll-up segments that stand for all rows of `inputs` (raw or roll-up, of one UTC day). `next_id` gives each
// its id and is advanced. Works through the day in pieces, so that memory stays within `budget`.
// Errors: an input is damaged, the budget does not suffice.
Result<std::vector<std::string>> make_rollup(std::span<const std::shared_ptr<const Segment>> inputs,
                                             std::uint64_t& next_id, MemoryBudget& budget);

}  // namespace weir
