// A segment as the input of a roll-up: its rows as keys and sums.
//
// Thread rules: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "store/conversations.h"
#include "store/rollup_names.h"
#include "store/rollup_table.h"
#include "store/segment.h"
#include "store/time_range.h"

namespace weir {

// Buffers for a block's columns, used again and again.
struct RollupColumns;

// Reads the five-minute block of every row of a segment: calls `visit(block number since the epoch)`.
class RollupInput {
 public:
  RollupInput();
  ~RollupInput();

  // The numbers of rows in each five-minute block, from `first_block` on, added to `rows`. Rows that lie in none are
  // left out.
  Result<void> count_rows(const Segment& segment, std::uint64_t first_block, std::span<std::uint64_t> rows);

  // Tells `conversations` of the segment's rows in `times`. Roll-up rows are paired already: not them.
  Result<void> add_conversations(const Segment& segment, const TimeRange& times, Conversations& conversations);

  // Adds the rows in `times` to `table`; the result is how many. `first_block` is the table's block 0.
  // Errors: as the functions used; no room in the table.
  Result<std::uint64_t> add_rows(const Segment& segment, const TimeRange& times, std::uint64_t first_block,
                                 const Conversations& conversations, RollupNames& names, RollupTable& table);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
