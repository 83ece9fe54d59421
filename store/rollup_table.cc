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

// For each block, the number of its stretch.
std::vector<std::uint16_t> RollupTable::stretches() const {
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::size_t block = row(i).key.block;
    if (block >= rows.size()) rows.resize(block + 1);
    ++rows[block];
  }
  std::vector<std::uint16_t> stretch_of(rows.size());
  std::uint16_t stretch = 0, blocks = 0;
  std::uint64_t sum = 0;
  for (std::size_t block = 0; block < rows.size(); ++block) {
    stretch_of[block] = stretch;
    sum += rows[block];
    if (sum < kStretchRows && ++blocks < kStretchBlocks) continue;
    ++stretch;
    sum = blocks = 0;
  }
  return stretch_of;
}

std::span<const std::uint32_t> RollupTable::sort() {
  const std::vector<std::uint16_t> stretch_of = stretches();
  const auto place = [&](std::uint32_t i) {
    const RollupKey& k = row(i).key;
    return std::tuple(stretch_of[k.block], k.src, k.dst, k.port, k.site, k.block);
  };
  const std::span<std::uint32_t> order(slots_.data(), size_);
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, place);
  return order;
}

}  // namespace weir
