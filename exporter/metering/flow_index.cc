#include "exporter/metering/flow_index.h"

#include <algorithm>
#include <bit>

namespace weir {

constexpr std::size_t kFirstSlots = 16384;

FlowIndex::FlowIndex(std::size_t max_entries) : max_slots_(std::bit_ceil(std::max(2 * max_entries, 2 * kMaxProbe))) {
  const std::size_t slots = std::min(kFirstSlots, max_slots_);
  pages_ = LazyPages(slots * sizeof(Slot));
  slots_ = pages_.as<Slot>();
  mask_ = slots - 1;
}

bool FlowIndex::insert(std::uint32_t hash, std::uint32_t entry) {
  if (2 * (count_ + 1) > mask_ + 1 && mask_ + 1 < max_slots_) grow();
  std::size_t at = hash & mask_;
  for (std::size_t probe = 0; slots_[at].entry != 0; at = (at + 1) & mask_) {
    if (++probe == kMaxProbe) return false;
  }
  slots_[at] = {hash, entry + 1};
  ++count_;
  return true;
}

// Closes the gap, so that no chain is broken: moves back whatever would not be found behind it.
void FlowIndex::erase(std::uint32_t hash, std::uint32_t entry) {
  std::size_t gap = hash & mask_;
  while (slots_[gap].entry != entry + 1) gap = (gap + 1) & mask_;
  for (std::size_t at = (gap + 1) & mask_; slots_[at].entry != 0; at = (at + 1) & mask_) {
    const std::size_t home = slots_[at].hash & mask_;
    if (((at - home) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = {};
  --count_;
}

void FlowIndex::grow() {
  const std::size_t old_slots = mask_ + 1;
  const LazyPages old_pages = std::move(pages_);
  const Slot* old = slots_;
  pages_ = LazyPages(2 * old_slots * sizeof(Slot));
  slots_ = pages_.as<Slot>();
  mask_ = 2 * old_slots - 1;
  for (std::size_t i = 0; i < old_slots; ++i) {
    if (old[i].entry == 0) continue;
    std::size_t at = old[i].hash & mask_;
    while (slots_[at].entry != 0) at = (at + 1) & mask_;
    slots_[at] = old[i];
  }
}

}  // namespace weir
