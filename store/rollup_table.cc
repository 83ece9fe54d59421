#include "store/rollup_table.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/hash.h"

namespace weir {
namespace {

std::size_t hash(const RollupKey& key) {
  const std::uint64_t words[] = {std::uint64_t{key.src} << 32 | key.dst,
                                 std::uint64_t{key.site} << 32 | std::uint64_t{key.port} << 16 | key.block};
  return hash_words<2>(words);
}

bool goes_before(const RollupKey& a, const RollupKey& b) {
  return std::tie(a.block, a.src, a.dst, a.port, a.site) < std::tie(b.block, b.src, b.dst, b.port, b.site);
}

}  // namespace

bool RollupTable::add(const RollupKey& key, const RollupSums& sums) {
  if (!make_room()) return false;
  std::uint32_t& slot = slots_[find_slot(key)];
  if (slot == kFree) {
    slot = static_cast<std::uint32_t>(size_++);
    mutable_row(slot) = {key, sums};
  } else {
    mutable_row(slot).sums += sums;
  }
  return true;
}

std::size_t RollupTable::find_slot(const RollupKey& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash(key) & mask;
  while (slots_[at] != kFree && row(slots_[at]).key != key) at = (at + 1) & mask;
  return at;
}

// Room for one more row and an index that stays at most three quarters full.
bool RollupTable::make_room() {
  if (size_ == kFree) return false;
  if ((size_ + 1) * 4 > slots_.size() * 3 && !grow_index(std::max<std::size_t>(1024, slots_.size() * 2))) return false;
  if (size_ < chunks_.size() * kChunkRows) return true;
  if (!share_.grow(kChunkRows * sizeof(RollupRow))) return false;
  chunks_.push_back(std::make_unique_for_overwrite<RollupRow[]>(kChunkRows));
  return true;
}

bool RollupTable::grow_index(std::size_t slots) {
  const std::size_t old = slots_.size() * sizeof(std::uint32_t);
  if (!share_.grow(slots * sizeof(std::uint32_t))) return false;
  slots_ = std::vector<std::uint32_t>(slots, kFree);
  for (std::size_t i = 0; i < size_; ++i) slots_[find_slot(row(i).key)] = static_cast<std::uint32_t>(i);
  share_.resize(share_.held() - old);
  return true;
}

std::span<const std::uint32_t> RollupTable::sort() {
  const std::span<std::uint32_t> order(slots_.data(), size_);
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) { return goes_before(row(a).key, row(b).key); });
  return order;
}

}  // namespace weir
