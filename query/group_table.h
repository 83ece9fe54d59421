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
#include <memory>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/memory_budget.h"
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

  explicit GroupTable(MemoryBudget& budget) : budget_(&budget) {}
  ~GroupTable() { clear(); }
  GroupTable(GroupTable&& other) noexcept
      : budget_(other.budget_),
        slots_(std::move(other.slots_)),
        groups_(std::move(other.groups_)),
        outs_(std::move(other.outs_)),
        size_(std::exchange(other.size_, 0)),
        charged_(std::exchange(other.charged_, 0)) {}
  GroupTable& operator=(GroupTable&&) = delete;

  std::uint32_t size() const { return size_; }
  const Group& group(std::uint32_t n) const { return groups_[n / kChunk][n % kChunk]; }
  FlowCounters counters(std::uint32_t n) const {
    const Group& g = group(n);
    const Outs* outs = n / kChunk < outs_.size() ? outs_[n / kChunk].get() : nullptr;
    return {g.in_packets, outs == nullptr ? 0 : (*outs)[n % kChunk].packets, g.in_bytes,
            outs == nullptr ? 0 : (*outs)[n % kChunk].bytes};
  }

  void prefetch_slot(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  // REQUIRES some time after prefetch_slot().
  void prefetch_group(std::uint64_t hash) const {
    if (slots_.empty()) return;
    const std::uint32_t slot = slots_[hash & (slots_.size() - 1)];
    if (slot != 0) __builtin_prefetch(&group((slot & kNumber) - 1), 1);
  }

  // The group of this key, a new one with zero counters if need be; kNoGroup when the budget is used up.
  std::uint32_t find_or_add(const std::uint64_t* key, std::uint64_t hash) {
    if (4 * (std::size_t{size_} + 1) > 3 * slots_.size() && !grow()) return kNoGroup;
    const std::size_t mask = slots_.size() - 1;
    const std::uint32_t tag = tag_of(hash);
    std::size_t i = hash & mask;
    for (; slots_[i] != 0; i = (i + 1) & mask) {
      if ((slots_[i] & ~kNumber) != tag) continue;
      const std::uint32_t n = (slots_[i] & kNumber) - 1;
      if (std::equal(key, key + N, group(n).key)) return n;
    }
    const std::uint32_t n = add_group(key);
    if (n != kNoGroup) slots_[i] = tag | (n + 1);
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
    auto& outs = outs_[n / kChunk];
    if (outs == nullptr) {
      if (!charge(sizeof(Outs))) return false;
      outs = std::make_unique<Outs>();
    }
    Out& out = (*outs)[n % kChunk];
    out.packets = saturating_add(out.packets, packets);
    out.bytes = saturating_add(out.bytes, bytes);
    return true;
  }

  void clear() {
    slots_ = decltype(slots_)();
    groups_ = decltype(groups_)();
    outs_ = decltype(outs_)();
    size_ = 0;
    budget_->give_back(std::exchange(charged_, 0));
  }

 private:
  static constexpr std::size_t kChunk = 256;
  static constexpr unsigned kNumberBits = 26;
  static constexpr std::uint32_t kNumber = (std::uint32_t{1} << kNumberBits) - 1;

  struct Out {
    std::uint64_t packets;
    std::uint64_t bytes;
  };
  using Outs = std::array<Out, kChunk>;

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 40) << kNumberBits; }

  bool charge(std::size_t bytes) {
    if (!budget_->take(bytes)) return false;
    charged_ += bytes;
    return true;
  }

  std::uint32_t add_group(const std::uint64_t* key) {
    if (size_ % kChunk == 0) {
      if (size_ + kChunk > kNumber) {
        budget_->refuse();
        return kNoGroup;
      }
      if (!charge(kChunk * sizeof(Group))) return kNoGroup;
      groups_.push_back(std::make_unique_for_overwrite<Group[]>(kChunk));
    }
    Group& g = groups_[size_ / kChunk][size_ % kChunk];
    std::copy_n(key, N, g.key);
    g.in_packets = g.in_bytes = 0;
    return size_++;
  }

  bool grow() {
    const std::size_t slots = std::max<std::size_t>(16, 2 * slots_.size());
    if (!charge((slots - slots_.size()) * sizeof(std::uint32_t))) return false;
    slots_.assign(slots, 0);
    for (std::uint32_t n = 0; n < size_; ++n) {
      const std::uint64_t hash = hash_words<N>(group(n).key);
      std::size_t i = hash & (slots - 1);
      while (slots_[i] != 0) i = (i + 1) & (slots - 1);
      slots_[i] = tag_of(hash) | (n + 1);
    }
    return true;
  }

  MemoryBudget* budget_;
  std::vector<std::uint32_t> slots_;  // 0: free
  std::vector<std::unique_ptr<Group[]>> groups_;
  std::vector<std::unique_ptr<Outs>> outs_;
  std::uint32_t size_ = 0;
  std::size_t charged_ = 0;
};

}  // namespace weir
