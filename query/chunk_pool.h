// Memory for the groups of a query: chunks of one size, carved from large pages.
//
// Large pieces are aligned to huge pages and the kernel is asked for such: else it would take as long to make the pages
// as to fill them.
//
// Thread rules: from any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/memory_budget.h"

namespace weir {

struct HugeDelete {
  void operator()(void* memory) const;
};
using HugeMemory = std::unique_ptr<std::byte, HugeDelete>;

class ChunkPool {
 public:
  // `budget` outlives this.
  ChunkPool(std::size_t chunk_bytes, MemoryBudget& budget);
  ~ChunkPool();

  // Not zeroed; null when the budget is used up.
  void* take();
  // Chunks stay with the pool and are taken again.
  void give_back(void* chunk);

 private:
  bool add_slab();

  const std::size_t chunk_bytes_;
  MemoryBudget& budget_;
  std::mutex mutex_;
  std::vector<void*> free_;
  std::vector<HugeMemory> slabs_;
  std::size_t charged_ = 0;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;  // chunks in the last slab
};

}  // namespace weir
