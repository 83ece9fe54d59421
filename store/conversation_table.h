// The conversations that were seen, with who spoke first in each. Internal to conversations.cc.
//
// Thread rules: see() from any number of threads, then find() from any number.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/hash.h"
#include "base/memory_budget.h"

namespace weir::conversations {

// The low bits of a key's last word stay free for these. "Up" is from the smaller endpoint to the larger.
inline constexpr std::uint64_t kSeenUp = 1;
inline constexpr std::uint64_t kSeenDown = 2;
inline constexpr std::uint64_t kFirstUp = 4;
inline constexpr std::uint64_t kFirstDown = 8;
inline constexpr std::uint64_t kStateBits = 15;

template <std::size_t N>
struct Conversation {
  std::uint64_t key[N];      // with the state in the last word; an empty slot has none
  std::uint64_t first_time;  // of the first packet

  bool empty() const { return (key[N - 1] & kStateBits) == 0; }
  bool has_key(const std::uint64_t* other) const {
    std::uint64_t differences = (key[N - 1] ^ other[N - 1]) & ~kStateBits;
    for (std::size_t i = 0; i + 1 < N; ++i) differences |= key[i] ^ other[i];
    return differences == 0;
  }
  void see(std::uint64_t time, bool down) {
    const bool fresh = empty();
    if (fresh || time < first_time) {
      first_time = time;
      key[N - 1] &= ~(kFirstUp | kFirstDown);
    }
    key[N - 1] |= down ? kSeenDown : kSeenUp;
    if (time == first_time) key[N - 1] |= down ? kFirstDown : kFirstUp;
  }
};

// A flow of a conversation: its key, with no state bits set, and which way it went.
template <std::size_t N>
struct Sighting {
  std::uint64_t key[N];
  std::uint64_t hash;
  std::uint64_t time;
  std::uint16_t row;
  bool down;
};

template <std::size_t N>
class Table {
 public:
  explicit Table(MemoryBudget& budget) : budget_(budget) {}
  ~Table() {
    for (const Shard& shard : shards_) budget_.give_back(shard.slots.size() * sizeof(Entry));
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Takes in sightings, in any order. False when the budget is used up. `order` is room for as many positions.
  bool see(std::span<const Sighting<N>> sightings, std::vector<std::uint32_t>& order) {
    std::array<std::uint32_t, kShards + 1> begin{};
    sort_by_shard(sightings, order, begin);
    for (std::size_t s = 0; s < kShards; ++s) {
      const std::span<const std::uint32_t> own(order.data() + begin[s], begin[s + 1] - begin[s]);
      if (!own.empty() && !see_in_shard(shards_[s], sightings, own)) return false;
    }
    return true;
  }

  // The state bits of the conversation with this key, 0 when it was never seen.
  std::uint64_t find(const std::uint64_t* key, std::uint64_t hash) const {
    const Shard& shard = shards_[hash >> kShardShift];
    if (shard.slots.empty()) return 0;
    for (std::size_t i = hash & shard.mask;; i = (i + 1) & shard.mask) {
      const Entry& entry = shard.slots[i];
      if (entry.empty()) return 0;
      if (entry.has_key(key)) return entry.key[N - 1] & kStateBits;
    }
  }

  void prefetch(std::uint64_t hash) const {
    const Shard& shard = shards_[hash >> kShardShift];
    if (!shard.slots.empty()) __builtin_prefetch(&shard.slots[hash & shard.mask]);
  }

 private:
  using Entry = Conversation<N>;
  static constexpr unsigned kShardBits = 8;
  static constexpr std::size_t kShards = std::size_t{1} << kShardBits;
  static constexpr unsigned kShardShift = 64 - kShardBits;
  static constexpr std::size_t kFirstSlots = 64;

  struct Shard {
    std::mutex mutex;
    std::vector<Entry> slots;
    std::size_t mask = 0;
    std::size_t used = 0;
  };

  static void sort_by_shard(std::span<const Sighting<N>> sightings, std::vector<std::uint32_t>& order,
                            std::array<std::uint32_t, kShards + 1>& begin) {
    for (const Sighting<N>& sighting : sightings) ++begin[(sighting.hash >> kShardShift) + 1];
    for (std::size_t s = 0; s < kShards; ++s) begin[s + 1] += begin[s];
    order.resize(sightings.size());
    std::array<std::uint32_t, kShards + 1> next = begin;
    for (std::uint32_t i = 0; i < sightings.size(); ++i) order[next[sightings[i].hash >> kShardShift]++] = i;
  }

  bool see_in_shard(Shard& shard, std::span<const Sighting<N>> sightings, std::span<const std::uint32_t> own) {
    const std::lock_guard lock(shard.mutex);
    if (!shard.slots.empty()) {
      for (const std::uint32_t i : own) __builtin_prefetch(&shard.slots[sightings[i].hash & shard.mask], 1);
    }
    for (const std::uint32_t i : own) {
      if (4 * (shard.used + 1) > 3 * shard.slots.size() && !grow(shard)) return false;
      insert(shard, sightings[i]);
    }
    return true;
  }

  static void insert(Shard& shard, const Sighting<N>& sighting) {
    std::size_t i = sighting.hash & shard.mask;
    while (!shard.slots[i].empty() && !shard.slots[i].has_key(sighting.key)) i = (i + 1) & shard.mask;
    Entry& entry = shard.slots[i];
    if (entry.empty()) {
      std::copy_n(sighting.key, N, entry.key);
      ++shard.used;
    }
    entry.see(sighting.time, sighting.down);
  }

  bool grow(Shard& shard) {
    const std::size_t slots = std::max(kFirstSlots, 2 * shard.slots.size());
    if (!budget_.take(slots * sizeof(Entry))) return false;
    std::vector<Entry> old(slots);
    old.swap(shard.slots);
    shard.mask = slots - 1;
    for (const Entry& entry : old) {
      if (entry.empty()) continue;
      std::uint64_t key[N];
      std::copy_n(entry.key, N, key);
      key[N - 1] &= ~kStateBits;
      std::size_t i = hash_words<N>(key) & shard.mask;
      while (!shard.slots[i].empty()) i = (i + 1) & shard.mask;
      shard.slots[i] = entry;
    }
    budget_.give_back(old.size() * sizeof(Entry));
    return true;
  }

  MemoryBudget& budget_;
  std::array<Shard, kShards> shards_;
};

}  // namespace weir::conversations
