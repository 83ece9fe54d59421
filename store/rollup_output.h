// The rows of a roll-up as images of segments.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/batch.h"
#include "store/rollup_names.h"
#include "store/rollup_table.h"
#include "store/row_buffer.h"

namespace weir {

// What is rolled up: ids, and the last journal that the segments tell of.
struct RollupSources {
  std::vector<std::uint64_t> ids;
  std::uint64_t journal_last = 0;
};

class RollupOutput {
 public:
  // An image is made of at most RowBuffer::kMaxRows rows, and before its rows take more than `memory` bytes. `names`
  // and `next_id` outlive this.
  RollupOutput(const RollupNames& names, std::uint64_t first_block, std::size_t memory, std::uint64_t& next_id,
               const RollupSources& sources);

  void add(const RollupRow& row);
  // All images, in the order of their rows. The last call.
  std::vector<std::string> finish();

 private:
  void set_origin(const RollupSite& site, std::uint64_t block);
  void take(const FlowBatch& batch);
  void make_image();

  const RollupNames& names_;
  std::uint64_t first_block_;
  std::size_t memory_;
  std::uint64_t& next_id_;
  const RollupSources sources_;
  RowBuffer rows_;
  std::vector<std::uint64_t> flows_;  // of the batch being written
  std::vector<std::string> images_;
  Origin origin_{};
  std::uint32_t host_ = 0;
  BatchWriter writer_;
};

}  // namespace weir
