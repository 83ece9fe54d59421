#include "query/chunk_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace weir {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kHugePage = 2 << 20;
constexpr std::size_t kFirstSlab = 128 << 10;
constexpr std::size_t kLargestSlab = 2 * kHugePage;

HugeMemory allocate_huge(std::size_t bytes) {
  const bool huge = bytes >= kHugePage;
  const std::size_t alignment = huge ? kHugePage : kPage;
  const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  // A wish; without it the memory is as good, only slower.
  ::madvise(memory, size, huge ? MADV_HUGEPAGE : MADV_POPULATE_WRITE);
  return HugeMemory(static_cast<std::byte*>(memory));
}

}  // namespace

void HugeDelete::operator()(void* memory) const { std::free(memory); }

ChunkPool::ChunkPool(std::size_t chunk_bytes, MemoryBudget& budget) : chunk_bytes_(chunk_bytes), budget_(budget) {}

ChunkPool::~ChunkPool() { budget_.give_back(charged_); }

void* ChunkPool::take() {
  const std::lock_guard lock(mutex_);
  if (!free_.empty()) {
    void* chunk = free_.back();
    free_.pop_back();
    return chunk;
  }
  if (left_ == 0 && !add_slab()) return nullptr;
  --left_;
  return std::exchange(next_, next_ + chunk_bytes_);
}

void ChunkPool::give_back(void* chunk) {
  const std::lock_guard lock(mutex_);
  free_.push_back(chunk);
}

// Slabs grow with the pool, so that a small query takes little.
bool ChunkPool::add_slab() {
  const std::size_t size = std::max(std::clamp(charged_, kFirstSlab, kLargestSlab), chunk_bytes_);
  if (!budget_.take(size)) return false;
  charged_ += size;
  slabs_.push_back(allocate_huge(size));
  next_ = slabs_.back().get();
  left_ = size / chunk_bytes_;
  return true;
}

}  // namespace weir
