// Inside exporter/metering: from a key's hash to its entry. Open addressing, at most half full, grown as needed.
//
// Keys are hashed with a seed of the process, so that long chains cannot be made from outside; should one come about
// all the same, insert() refuses beyond kMaxProbe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "exporter/metering/lazy_pages.h"

namespace weir {

class FlowIndex {
 public:
  static constexpr std::size_t kMaxProbe = 256;

  // Room for `max_entries`.
  explicit FlowIndex(std::size_t max_entries);

  void prefetch(std::uint32_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  // The first entry with this hash for which matches(entry) holds; kNoEntry when there is none.
  template <typename Matches>
  std::uint32_t find(std::uint32_t hash, Matches matches) const {
    for (std::size_t at = hash & mask_; slots_[at].entry != 0; at = (at + 1) & mask_) {
      if (slots_[at].hash == hash && matches(slots_[at].entry - 1)) return slots_[at].entry - 1;
    }
    return ~std::uint32_t{0};
  }

  // False when the chain is too long. REQUIRES that fewer than `max_entries` are there.
  bool insert(std::uint32_t hash, std::uint32_t entry);
  // REQUIRES that it is there.
  void erase(std::uint32_t hash, std::uint32_t entry);
  // One of the entries whose chain `hash` would join.
  std::uint32_t in_the_way_of(std::uint32_t hash) const { return slots_[hash & mask_].entry - 1; }

 private:
  struct Slot {
    std::uint32_t hash;
    std::uint32_t entry;  // its number + 1; 0: empty
  };

  void grow();

  LazyPages pages_;
  Slot* slots_;
  std::size_t mask_;
  std::size_t max_slots_;
  std::size_t count_ = 0;
};

}  // namespace weir
