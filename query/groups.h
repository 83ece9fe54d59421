// The groups of a query, in partitions by hash. Threads bring in rows through intakes of their own, and work through
// different partitions when all rows are in.
//
// Thread rules: an intake from one thread; when all have finished, fold(), size() and visit() of different partitions
// from different threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/memory_budget.h"
#include "query/tally.h"

namespace weir {

class GroupVisitor {
 public:
  virtual ~GroupVisitor() = default;
  // `key` stays as long as the groups.
  virtual void visit(const std::uint64_t* key, const FlowCounters& counters) = 0;
};

// One thread's way in. Rows of groups that come often are added up before they go on.
class GroupIntake {
 public:
  virtual ~GroupIntake() = default;
  // Adds row after row of the tally to the group of its key. False when the budget is used up. REQUIRES a tally without
  // outgoing counters where the groups have none.
  virtual bool add(const std::uint64_t* keys, std::size_t count, const Tally& tally) = 0;
  // After the last add(). False when the budget is used up.
  virtual bool finish() = 0;
};

class Groups {
 public:
  static constexpr unsigned kPartitionBits = 10;
  static constexpr std::size_t kPartitions = std::size_t{1} << kPartitionBits;

  // For keys of `words` words; `both_ways`: with outgoing counters. `budget` outlives this. REQUIRES
  // rounded_words(words) == words.
  static std::unique_ptr<Groups> create(std::size_t words, bool both_ways, MemoryBudget& budget);
  // What keys of `words` words are filled up to, with zeros.
  static std::size_t rounded_words(std::size_t words);
  virtual ~Groups() = default;

  // The groups outlive it.
  virtual std::unique_ptr<GroupIntake> intake() = 0;

  // Before size() and visit(). `slots` is room to work in.
  virtual void fold(std::size_t partition, std::vector<std::uint32_t>& slots) = 0;
  virtual std::size_t size(std::size_t partition) const = 0;
  virtual void visit(std::size_t partition, GroupVisitor& visitor) const = 0;
};

}  // namespace weir
