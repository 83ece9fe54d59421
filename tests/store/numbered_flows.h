// Flows that carry a number (flow_id), so that a test sees which of them a store has.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "flow/batch.h"
#include "store/snapshot.h"

namespace weir::test {

struct FlowKind {
  std::uint64_t received_ns = 0;  // 0: now
  std::uint64_t step_ns = 0;      // between one flow and the next
  std::size_t batch = 500;        // flows in a batch
};

// Flows `first` to `first + count - 1`.
std::vector<BatchRef> numbered(std::uint64_t first, std::uint64_t count, const FlowKind& kind = {});

// How often each number is there. Fails the test when a segment cannot be read.
std::map<std::uint64_t, unsigned> numbers_in(const Snapshot& snapshot);

// Whether exactly the numbers from 0 to count - 1 are there, each once; if not, what is wrong.
std::string wrong_numbers(const std::map<std::uint64_t, unsigned>& numbers, std::uint64_t count);

}  // namespace weir::test
