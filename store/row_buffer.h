// Rows in memory, column by column: what the store has taken in and not yet written as a segment.
//
// Rows keep the order in which they came, which is nearly that of time. Addresses and texts are replaced by provisional
// codes at the door, so that a row is a few numbers.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "flow/batch.h"
#include "store/column.h"
#include "store/time_range.h"

namespace weir {

class RowBuffer {
 public:
  // More rows than this a buffer is not made for.
  static constexpr std::size_t kMaxRows = 4u << 20;

  RowBuffer();
  ~RowBuffer();
  RowBuffer(RowBuffer&&) noexcept;
  RowBuffer& operator=(RowBuffer&&) noexcept;

  // All flows of `batch`. `flows`, when not empty, tells for each of them how many flows it stands for.
  void append(const FlowBatch& batch, std::span<const std::uint64_t> flows = {});

  std::size_t rows() const;
  // Of kTimeColumn; empty while there are no rows.
  TimeRange times() const;
  // Rows whose end lay more than an hour off their time of receipt.
  std::uint64_t clamped() const;
  // Bytes of memory held, roughly.
  std::size_t memory() const;
  // Empties it; memory is kept for the next rows.
  void clear();

  struct Impl;
  const Impl& impl() const { return *impl_; }  // for the segment writer

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
