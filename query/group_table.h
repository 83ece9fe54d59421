// Groups with their counters: one partition of a hash table, keys of N words.
//
// Groups stand one after the other in chunks, so that they never move and nothing is copied when the table grows; slots
// hold their numbers and six bits of their hash. Outgoing counters, which many queries never have, are kept apart and
// only where there are some.
//
// Thread rules: one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/memory_budget.h"
#include "query/chunk_pool.h"
#include "query/tally.h"

namespace weir {

template <std::size_t N>
class GroupTable {
 public:
  // A group's key, then in_packets and in_bytes.
  struct Group {
    std::uint64_t key[N];
    std::uint64_t in_packets;
    std::uint64_t in_bytes;
  };
  static constexpr std::uint32_t kNoGroup = UINT32_MAX;

  struct Out {
    std::uint64_t packets;
    std::uint64_t bytes;
  };
  static constexpr std::size_t kChunk = 1024;
  static constexpr std::size_t kGroupsBytes = kChunk * sizeof(Group);
  static constexpr std::size_t kOutsBytes = kChunk * sizeof(Out);

  GroupTable() = default;
  // Before anything else. `groups` has chunks of kGroupsBytes, `outs` of kOutsBytes; both and `budget` outlive this.
  void open(ChunkPool& groups, ChunkPool& outs, MemoryBudget& budget) {
    group_pool_ = &groups;
    out_pool_ = &outs;
    budget_ = &budget;
  }
  ~GroupTable() { clear(); }
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;

  std::uint32_t size() const { return size_; }
  const Group& group(std::uint32_t n) const { return groups_[n / kChunk][n % kChunk]; }
  FlowCounters counters(std::uint32_t n) const {
    const Group& g = group(n);
    const Out* outs = n / kChunk < outs_.size() ? outs_[n / kChunk] : nullptr;
    if (outs == nullptr) return {g.in_packets, 0, g.in_bytes, 0};
    return {g.in_packets, outs[n % kChunk].packets, g.in_bytes, outs[n % kChunk].bytes};
  }

  void prefetch_slot(std::uint64_t hash) const {
    if (slots_ != nullptr) __builtin_prefetch(&slot(hash));
  }
  // The group that this hash most likely belongs to, brought near; kNoGroup when there is none. REQUIRES some time
  // after prefetch_slot().
  std::uint32_t guess(std::uint64_t hash) const {
    if (slots_ == nullptr) return kNoGroup;
    const std::uint32_t tag = tag_of(hash);
    std::uint64_t i = hash;
    while (slot(i) != 0 && (slot(i) & ~kNumber) != tag) ++i;
    if (slot(i) == 0) return kNoGroup;
    const std::uint32_t n = (slot(i) & kNumber) - 1;
    const Group& likely = group(n);
    __builtin_prefetch(&likely, 1);
    if constexpr (64 % sizeof(Group) != 0) __builtin_prefetch(&likely.in_bytes, 1);  // may lie in the next line
    return n;
  }

  // find_or_add(), quick where the guess is right.
  std::uint32_t find_or_add(const std::uint64_t* key, std::uint64_t hash, std::uint32_t guessed) {
    if (guessed != kNoGroup && std::equal(key, key + N, group(guessed).key)) [[likely]]
      return guessed;
    return find_or_add(key, hash);
  }

  // The group of this key, a new one with zero counters if need be; kNoGroup when the budget is used up.
  std::uint32_t find_or_add(const std::uint64_t* key, std::uint64_t hash) {
    if (2 * (std::size_t{size_} + 1) > slot_count_ && !grow()) return kNoGroup;
    const std::uint32_t tag = tag_of(hash);
    std::uint64_t i = hash;
    for (; slot(i) != 0; ++i) {
      if ((slot(i) & ~kNumber) != tag) continue;
      const std::uint32_t n = (slot(i) & kNumber) - 1;
      if (std::equal(key, key + N, group(n).key)) return n;
    }
    const std::uint32_t n = add_group(key);
    if (n != kNoGroup) slot(i) = tag | (n + 1);
    return n;
  }

  void add_in(std::uint32_t n, std::uint64_t packets, std::uint64_t bytes) {
    Group& g = groups_[n / kChunk][n % kChunk];
    g.in_packets = saturating_add(g.in_packets, packets);
    g.in_bytes = saturating_add(g.in_bytes, bytes);
  }
  // False when the budget is used up.
  bool add_out(std::uint32_t n, std::uint64_t packets, std::uint64_t bytes) {
    if ((packets | bytes) == 0) return true;
    if (outs_.size() <= n / kChunk) outs_.resize(n / kChunk + 1);
    Out*& outs = outs_[n / kChunk];
    if (outs == nullptr) {
      outs = static_cast<Out*>(out_pool_->take());
      if (outs == nullptr) return false;
      std::memset(outs, 0, kOutsBytes);
    }
    Out& out = outs[n % kChunk];
    out.packets = saturating_add(out.packets, packets);
    out.bytes = saturating_add(out.bytes, bytes);
    return true;
  }

  void clear() {
    for (Group* chunk : groups_) group_pool_->give_back(chunk);
    for (Out* chunk : outs_) {
      if (chunk != nullptr) out_pool_->give_back(chunk);
    }
    groups_.clear();
    outs_.clear();
    size_ = 0;
    free_slots();
  }

 private:
  static constexpr unsigned kNumberBits = 26;
  static constexpr std::uint32_t kNumber = (std::uint32_t{1} << kNumberBits) - 1;
  static constexpr std::size_t kFirstSlots = 16;

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 40) << kNumberBits; }

  std::uint32_t& slot(std::uint64_t i) const {
    return reinterpret_cast<std::uint32_t*>(slots_.get())[i & (slot_count_ - 1)];
  }

  std::uint32_t add_group(const std::uint64_t* key) {
    if (size_ % kChunk == 0) {
      if (size_ + kChunk > kNumber) {
        budget_->refuse();
        return kNoGroup;
      }
      auto* chunk = static_cast<Group*>(group_pool_->take());
      if (chunk == nullptr) return kNoGroup;
      groups_.push_back(chunk);
    }
    Group& g = groups_[size_ / kChunk][size_ % kChunk];
    std::copy_n(key, N, g.key);
    g.in_packets = g.in_bytes = 0;
    return size_++;
  }

  void free_slots() {
    slots_.reset();
    budget_->give_back(slot_count_ * sizeof(std::uint32_t));
    slot_count_ = 0;
  }

  bool grow() {
    const std::size_t count = std::max(kFirstSlots, 2 * slot_count_);
    free_slots();
    if (!budget_->take(count * sizeof(std::uint32_t))) return false;
    slots_ = allocate_huge(count * sizeof(std::uint32_t));
    slot_count_ = count;
    std::memset(slots_.get(), 0, count * sizeof(std::uint32_t));
    for (std::uint32_t n = 0; n < size_; ++n) {
      const std::uint64_t hash = hash_words<N>(group(n).key);
      std::uint64_t i = hash;
      while (slot(i) != 0) ++i;
      slot(i) = tag_of(hash) | (n + 1);
    }
    return true;
  }

  ChunkPool* group_pool_ = nullptr;
  ChunkPool* out_pool_ = nullptr;
  MemoryBudget* budget_ = nullptr;
  HugeMemory slots_;  // of std::uint32_t; 0: free
  std::size_t slot_count_ = 0;
  std::vector<Group*> groups_;  // chunks
  std::vector<Out*> outs_;      // chunks; null while there are no outgoing counters
  std::uint32_t size_ = 0;
};

}  // namespace weir
