// A segment as the input of a roll-up: its rows as keys and sums.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "store/conversations.h"
#include "store/rollup_names.h"
#include "store/rollup_table.h"
#include "store/segment.h"
#include "store/time_range.h"

namespace weir {

class RollupInput {
 public:
  RollupInput();
  ~RollupInput();

  // Tells `conversations` of the rows in `times`.
  Result<void> add_conversations(const Segment& segment, const TimeRange& times, Conversations& conversations);

  // Adds the rows in `times` to `table`, whose block 0 is `first_block`; the result is how many.
  // Errors: the segment is damaged, the budget is used up. REQUIRES add_conversations() of the same.
  Result<std::uint64_t> add_rows(const Segment& segment, const TimeRange& times, std::uint64_t first_block,
                                 const Conversations& conversations, RollupNames& names, RollupTable& table);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
