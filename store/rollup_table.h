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

// Sums stay at the largest number rather than begin again at 0.
struct RollupSums {
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  std::uint64_t reverse_bytes = 0;
  std::uint64_t reverse_packets = 0;
  std::uint64_t flows = 0;

  RollupSums& operator+=(const RollupSums& other) {
    add(bytes, other.bytes);
    add(packets, other.packets);
    add(reverse_bytes, other.reverse_bytes);
    add(reverse_packets, other.reverse_packets);
    add(flows, other.flows);
    return *this;
  }
  bool operator==(const RollupSums&) const = default;

 private:
  static void add(std::uint64_t& sum, std::uint64_t more) {
    if (__builtin_add_overflow(sum, more, &sum)) sum = UINT64_MAX;
  }
};

struct RollupRow {
  RollupKey key;
  RollupSums sums;
};

class RollupTable {
 public:
  // `budget` outlives this.
  explicit RollupTable(MemoryBudget& budget) : share_(budget) {}

  // False when the budget is used up; then some of the rows were not added.
  bool add(std::span<const RollupRow> rows);

  std::size_t size() const { return size_; }
  // REQUIRES i < size().
  const RollupRow& row(std::size_t i) const { return chunks_[i / kChunkRows][i % kChunkRows]; }
  // Puts order() into the order in which rows are to be stored: by stretches of time, each long enough for its
  // rows to be many; in a stretch by responder, port, site and initiator, so that these come in runs and what one
  // service does lies together; then by block. False when the budget is used up. No add() after it: order() takes the
  // index's place.
  bool sort();
  // The numbers of all rows. REQUIRES sort().
  std::span<const std::uint32_t> order() const { return {slots_.data(), size_}; }

  // A stretch ends with the block that makes it this many rows, or this many blocks. More rows make a segment hardly
  // smaller, and more blocks would have too many different times for a page's dictionary.
  static constexpr std::uint32_t kStretchRows = 512 * 1024;
  static constexpr std::uint16_t kStretchBlocks = 144;

 private:
  static constexpr std::size_t kChunkRows = 16 * 1024;
  static constexpr std::uint32_t kFree = UINT32_MAX;

  RollupRow& mutable_row(std::size_t i) { return chunks_[i / kChunkRows][i % kChunkRows]; }
  std::size_t start_of(const RollupKey& key) const;
  std::size_t find_slot(const RollupKey& key) const;
  void prefetch_row(const RollupKey& key) const;
  bool add(const RollupRow& row);
  bool make_room();
  bool grow_index(std::size_t slots);

  BudgetShare share_;
  std::vector<std::unique_ptr<RollupRow[]>> chunks_;
  std::vector<std::uint32_t> slots_;  // numbers of rows; a power of two of them
  std::size_t size_ = 0;
};

}  // namespace weir
