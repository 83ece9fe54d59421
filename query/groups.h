// The groups that one thread has found, in partitions by hash, so that the threads' groups can be brought together
// partition by partition.
//
// Thread rules: add() from one thread. Then, when all threads are done, merge(), visit() and clear() for different
// partitions from different threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/memory_budget.h"
#include "query/chunk_pool.h"
#include "query/tally.h"

namespace weir {

class GroupVisitor {
 public:
  virtual ~GroupVisitor() = default;
  // `key` stays as long as the partition.
  virtual void visit(const std::uint64_t* key, const FlowCounters& counters) = 0;
};

class Groups {
 public:
  static constexpr unsigned kPartitionBits = 5;
  static constexpr std::size_t kPartitions = std::size_t{1} << kPartitionBits;

  // Where the groups of all threads have their memory.
  struct Pools {
    Pools(std::size_t words, MemoryBudget& budget);
    ChunkPool groups;
    ChunkPool outs;
    MemoryBudget& budget;
  };

  // For keys of `words` words, as for the pools, which outlive this. REQUIRES rounded_words(words) == words.
  static std::unique_ptr<Groups> create(std::size_t words, Pools& pools);
  // What keys of `words` words are filled up to, with zeros.
  static std::size_t rounded_words(std::size_t words);
  virtual ~Groups() = default;

  // Adds row after row of the tally to the group of its key. False when the budget is used up.
  virtual bool add(const std::uint64_t* keys, std::size_t count, const Tally& tally) = 0;

  // Takes in what `other` has in a partition, which is empty then. REQUIRES the same number of words.
  virtual bool merge(std::size_t partition, Groups& other) = 0;
  virtual std::size_t size(std::size_t partition) const = 0;
  virtual void visit(std::size_t partition, GroupVisitor& visitor) const = 0;
  virtual void clear(std::size_t partition) = 0;
};

}  // namespace weir
