// The sums of a roll-up by key, while it is made.
//
// Rows lie densely in chunks, found through an open-addressing index of their numbers, and all memory is the budget's.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/memory_budget.h"
#include "store/budget_share.h"

namespace weir {

// Addresses and sites by the numbers that RollupNames gives them.
struct RollupKey {
  std::uint32_t src = 0;
  std::uint32_t dst = 0;
  std::uint32_t site = 0;
  std::uint16_t port = 0;   // the responder's
  std::uint16_t block = 0;  // five-minute block, from the first of the roll-up
  bool operator==(const RollupKey&) const = default;
};

struct RollupSums {
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t reverse_bytes = 0;
  std::uint64_t reverse_packets = 0;
  std::uint64_t flows = 0;

  RollupSums& operator+=(const RollupSums& other) {
    bytes += other.bytes;
    packets += other.packets;
    reverse_bytes += other.reverse_bytes;
    reverse_packets += other.reverse_packets;
    flows += other.flows;
    return *this;
  }
  bool operator==(const RollupSums&) const = default;
};

struct RollupRow {
  RollupKey key;
  RollupSums sums;
};

class RollupTable {
 public:
  // `budget` outlives this.
  explicit RollupTable(MemoryBudget& budget) : share_(budget) {}

  // False when the budget is used up; then nothing was added.
  bool add(const RollupKey& key, const RollupSums& sums);

  std::size_t size() const { return size_; }
  // REQUIRES i < size().
  const RollupRow& row(std::size_t i) const { return chunks_[i / kChunkRows][i % kChunkRows]; }
  // The numbers of all rows in the order in which they are to be stored: by stretches of time, each long enough for its
  // rows to be many; then by addresses, port and site, so that these come in runs; then by block. Takes the index's
  // place: no add() after it.
  std::span<const std::uint32_t> sort();

  // A stretch ends with the block that makes it this many rows, or this many blocks. The segment's encoding gains
  // nothing by more of them, and more blocks would have too many different times for a dictionary.
  static constexpr std::uint32_t kStretchRows = 128 * 1024;
  static constexpr std::uint16_t kStretchBlocks = 144;

 private:
  static constexpr std::size_t kChunkRows = 16 * 1024;
  static constexpr std::uint32_t kFree = UINT32_MAX;

  RollupRow& mutable_row(std::size_t i) { return chunks_[i / kChunkRows][i % kChunkRows]; }
  // Where `key` stands or would stand.
  std::size_t find_slot(const RollupKey& key) const;
  bool make_room();
  bool grow_index(std::size_t slots);
  std::vector<std::uint16_t> stretches() const;

  BudgetShare share_;
  std::vector<std::unique_ptr<RollupRow[]>> chunks_;
  std::vector<std::uint32_t> slots_;  // numbers of rows; a power of two of them
  std::size_t size_ = 0;
};

}  // namespace weir
