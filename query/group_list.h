// Groups with their counters: one partition of them all, keys of N words, C counters.
//
// Rows are only appended; from time to time, when there are as many again as there were groups, those of one key are
// folded into one. So a partition is written and read in order, and what is looked up all over it is small enough for
// the processor's caches while that is done: the memory of all groups is far too large for them.
//
// Thread rules: append() from any number of threads; the others from one, when nobody appends any more.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/hash.h"
#include "query/chunk_pool.h"
#include "query/tally.h"

namespace weir {

// Room to find equal keys in; used again and again.
using FoldingSlots = std::vector<std::uint32_t>;

template <std::size_t N, std::size_t C>
class GroupList {
 public:
  // The counters: in_packets, in_bytes, and of four also out_packets and out_bytes.
  struct Row {
    std::uint64_t key[N];
    std::uint64_t counters[C];

    // Written so that no call is made for it.
    bool has(const std::uint64_t* other) const {
      std::uint64_t differences = 0;
      for (std::size_t i = 0; i < N; ++i) differences |= key[i] ^ other[i];
      return differences == 0;
    }
    void add(const std::uint64_t* more) {
      for (std::size_t i = 0; i < C; ++i) counters[i] = saturating_add(counters[i], more[i]);
    }
  };
  static constexpr std::size_t kChunkRows = std::bit_floor(std::max<std::size_t>(4096 / sizeof(Row), 1));
  static constexpr std::size_t kChunkBytes = kChunkRows * sizeof(Row);
  static constexpr std::size_t kMaxRows = (std::size_t{1} << 24) - 1;

  // False when the pool has no more memory, or there are more than kMaxRows rows.
  bool append(const Row* rows, std::size_t count, ChunkPool& pool, FoldingSlots& slots) {
    const std::lock_guard lock(mutex_);
    if (size_ + count > kMaxRows) return false;
    while (count > 0) {
      if (room_ == 0) {
        auto* chunk = static_cast<Row*>(pool.take());
        if (chunk == nullptr) return false;
        chunks_.push_back(chunk);
        next_ = chunk;
        room_ = kChunkRows;
      }
      const std::size_t n = std::min(count, room_);
      next_ = std::copy_n(rows, n, next_);
      rows += n;
      count -= n;
      room_ -= n;
      size_ += n;
    }
    if (size_ >= fold_at_) fold(pool, slots);
    return true;
  }

  // Makes one row of those of each key.
  void fold(ChunkPool& pool, FoldingSlots& slots) {
    slots.assign(std::bit_ceil(size_ + size_ / 2 + 1), 0);
    std::size_t kept = 0;
    for (std::size_t begin = 0; begin < size_; begin += kBatch) {
      kept = fold_batch(begin, std::min(begin + kBatch, size_), kept, slots);
    }
    folded_ = size_ = kept;
    fold_at_ = std::max(kFirstFold, 2 * size_);
    for (; chunks_.size() * kChunkRows >= size_ + kChunkRows; chunks_.pop_back()) pool.give_back(chunks_.back());
    room_ = chunks_.size() * kChunkRows - size_;
    next_ = room_ == 0 ? nullptr : &place(size_);
  }

  bool folded() const { return folded_ == size_; }
  std::size_t size() const { return size_; }
  const Row& row(std::size_t i) const { return chunks_[i / kChunkRows][i % kChunkRows]; }

 private:
  static constexpr std::size_t kFirstFold = 1024;
  // Rows that are hashed and whose slots are called for before the first of them is looked up.
  static constexpr std::size_t kBatch = 64;
  // A slot is a row's number + 1 and eight bits of its hash; 0: free.
  static constexpr std::uint32_t kNumber = kMaxRows;

  Row& place(std::size_t i) { return chunks_[i / kChunkRows][i % kChunkRows]; }

  std::size_t fold_batch(std::size_t begin, std::size_t end, std::size_t kept, FoldingSlots& slots) {
    const std::size_t mask = slots.size() - 1;
    std::uint64_t hashes[kBatch];
    for (std::size_t i = begin; i < end; ++i) {
      hashes[i - begin] = hash_words<N>(row(i).key);
      __builtin_prefetch(&slots[hashes[i - begin] & mask]);
    }
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t hash = hashes[i - begin];
      const auto tag = static_cast<std::uint32_t>(hash >> 32) & ~kNumber;
      const Row& from = row(i);
      std::size_t at = hash & mask;
      Row* same = nullptr;
      for (; slots[at] != 0; at = (at + 1) & mask) {
        if (i < folded_ || (slots[at] & ~kNumber) != tag) continue;
        Row& likely = place((slots[at] & kNumber) - 1);
        if (!likely.has(from.key)) continue;
        same = &likely;
        break;
      }
      if (same != nullptr) {
        same->add(from.counters);
        continue;
      }
      if (kept != i) place(kept) = from;
      slots[at] = tag | static_cast<std::uint32_t>(++kept);
    }
    return kept;
  }

  std::mutex mutex_;
  Row* next_ = nullptr;   // where the next row goes
  std::size_t room_ = 0;  // rows that the last chunk has room for
  std::size_t size_ = 0;
  std::vector<Row*> chunks_;
  std::size_t folded_ = 0;  // the first so many have different keys
  std::size_t fold_at_ = kFirstFold;
};

}  // namespace weir
