// Memory for the groups of a query: chunks of one size, carved from large pages, and arrays.
//
// Groups are looked up all over their memory, where the translation of addresses would cost as much as the memory
// itself: so large pieces are aligned to huge pages and the kernel is asked for such.
//
// Thread rules: ChunkPool from any number of threads; HugeArray one thread.
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

// Not zeroed. REQUIRES bytes > 0. Throws std::bad_alloc.
HugeMemory allocate_huge(std::size_t bytes);

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
