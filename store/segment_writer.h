// Making segments: from rows in memory, or from other segments.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "store/row_buffer.h"
#include "store/segment.h"

namespace weir {

enum class Effort : std::uint8_t {
  kQuick,  // for the journal: bit packing
  kSmall,  // for what stays: also derived columns, and zstd where it pays
};

struct SegmentOptions {
  std::uint64_t id = 0;
  Tier tier = Tier::kRaw;
  Effort effort = Effort::kQuick;
  std::uint64_t journal_first = 0;
  std::uint64_t journal_last = 0;
  // Only rows whose kTimeColumn lies here.
  TimeRange times;
  std::vector<std::uint64_t> replaces = {};  // ids, at most SegmentSummary::kMaxReplaces
};

// The image of a segment: the bytes of its file. Empty when no row lies in options.times.
// `first` and `count` choose rows of the buffer.
std::string encode_segment(const RowBuffer& rows, std::size_t first, std::size_t count, const SegmentOptions& options);

// One segment of the rows of `inputs`, in that order. Errors: an input is damaged.
// REQUIRES that the inputs together have at most RowBuffer::kMaxRows rows.
Result<std::string> merge_segments(std::span<const std::shared_ptr<const Segment>> inputs,
                                   const SegmentOptions& options);

}  // namespace weir
