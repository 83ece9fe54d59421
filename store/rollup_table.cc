#include "store/rollup_table.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace weir {
namespace {

std::size_t hash(const RollupKey& key) {
  const std::uint64_t words[] = {std::uint64_t{key.src} << 32 | key.dst,
                                 std::uint64_t{key.site} << 32 | std::uint64_t{key.port} << 16 | key.block};
  return hash_words<2>(words);
}

struct Stretch {
  std::uint16_t blocks = 0;
  std::size_t rows = 0;
};

std::vector<Stretch> stretches_of(const RollupTable& table) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::size_t block = table.row(i).key.block;
    if (block >= rows.size()) rows.resize(block + 1);
    ++rows[block];
  }
  std::vector<Stretch> stretches;
  for (const std::size_t of_block : rows) {
    if (stretches.empty() || stretches.back().rows >= RollupTable::kStretchRows ||
        stretches.back().blocks == RollupTable::kStretchBlocks) {
      stretches.emplace_back();
    }
    ++stretches.back().blocks;
    stretches.back().rows += of_block;
  }
  return stretches;
}

// The numbers of all rows, those of a stretch after those of the one before.
void put_by_stretch(const RollupTable& table, std::span<const Stretch> stretches, std::span<std::uint32_t> order) {
  std::vector<std::size_t> next, stretch_of;
  std::size_t before = 0;
  for (const Stretch& stretch : stretches) {
    stretch_of.insert(stretch_of.end(), stretch.blocks, next.size());
    next.push_back(before);
    before += stretch.rows;
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    order[next[stretch_of[table.row(i).key.block]]++] = static_cast<std::uint32_t>(i);
  }
}

// A row's place within its stretch, as two words.
struct Place {
  std::uint64_t high;
  std::uint64_t low;
  std::uint32_t number;

  Place(const RollupKey& k, std::uint32_t row)
      : high(std::uint64_t{k.dst} << 32 | std::uint64_t{k.port} << 16 | k.site >> 16),
        low(std::uint64_t{k.site} << 48 | std::uint64_t{k.src} << 16 | k.block),
        number(row) {}
};

}  // namespace

std::size_t RollupTable::start_of(const RollupKey& key) const { return hash(key) & (slots_.size() - 1); }

// Where `key` stands or would stand.
std::size_t RollupTable::find_slot(const RollupKey& key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = start_of(key);
  while (slots_[at] != kFree && row(slots_[at]).key != key) at = (at + 1) & mask;
  return at;
}

// The row that a key's first slot names is most often the one.
void RollupTable::prefetch_row(const RollupKey& key) const {
  const std::uint32_t number = slots_[start_of(key)];
  if (number != kFree) __builtin_prefetch(&row(number), 1);
}

bool RollupTable::add(std::span<const RollupRow> rows) {
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!slots_.empty()) {
      if (i + 2 * kAhead < rows.size()) __builtin_prefetch(&slots_[start_of(rows[i + 2 * kAhead].key)], 1);
      if (i + kAhead < rows.size()) prefetch_row(rows[i + kAhead].key);
    }
    if (!add(rows[i])) return false;
  }
  return true;
}

bool RollupTable::add(const RollupRow& row) {
  if (!make_room()) return false;
  std::uint32_t& slot = slots_[find_slot(row.key)];
  if (slot == kFree) {
    slot = static_cast<std::uint32_t>(size_++);
    mutable_row(slot) = row;
  } else {
    mutable_row(slot).sums += row.sums;
  }
  return true;
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

bool RollupTable::sort() {
  const std::vector<Stretch> stretches = stretches_of(*this);
  std::size_t most = 0;
  for (const Stretch& stretch : stretches) most = std::max(most, stretch.rows);
  BudgetShare places_share(share_.budget());
  if (!places_share.resize(most * sizeof(Place))) return false;
  std::vector<Place> places;
  places.reserve(most);

  const std::span<std::uint32_t> order(slots_.data(), size_);
  put_by_stretch(*this, stretches, order);
  std::size_t first = 0;
  for (const Stretch& stretch : stretches) {
    const std::span<std::uint32_t> own = order.subspan(first, stretch.rows);
    places.clear();
    for (const std::uint32_t number : own) places.emplace_back(row(number).key, number);
    std::ranges::sort(places, {}, [](const Place& p) { return std::pair(p.high, p.low); });
    std::ranges::transform(places, own.begin(), &Place::number);
    first += stretch.rows;
  }
  return true;
}

}  // namespace weir
