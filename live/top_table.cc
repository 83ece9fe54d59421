#include "live/top_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "base/hash.h"

namespace weir {
namespace {

constexpr unsigned kCandidates = 8;  // among which the smallest has to go

std::uint64_t hash_of(const TopKey& key) {
  std::uint64_t words[5];
  std::memcpy(words, &key, sizeof words);
  return hash_words<5>(words);
}

}  // namespace

void TopTable::Seconds::add(const Amount& amount, std::uint64_t second) {
  if (second > last) {
    const std::uint64_t passed = std::min<std::uint64_t>(second - last, kRing);
    for (std::uint64_t i = 0; i < passed; ++i) ring[(second - i) % kRing] = {};
    last = second;
  }
  if (second + kRing > last) ring[second % kRing] += amount;
}

Amount TopTable::Seconds::over(std::uint64_t window, std::uint64_t second) const {
  Amount sum{};
  const std::uint64_t first = second > window ? second - window : 0;
  const std::uint64_t oldest = last >= kRing ? last - kRing + 1 : 0;
  const std::uint64_t end = std::min(second, last + 1);
  for (std::uint64_t at = std::max(first, oldest); at < end; ++at) sum += ring[at % kRing];
  return sum;
}

TopTable::TopTable(std::size_t max_entries)
    : max_entries_(max_entries),
      entries_(std::make_unique_for_overwrite<Entry[]>(max_entries)),
      index_(std::bit_ceil(2 * max_entries)),
      mask_(index_.size() - 1) {}

// Where the key is, or the empty slot where it would be.
std::size_t TopTable::slot_of(const TopKey& key) const {
  std::size_t at = hash_of(key) & mask_;
  while (index_[at] != 0 && entries_[index_[at] - 1].key != key) at = (at + 1) & mask_;
  return at;
}

void TopTable::add(const TopKey& key, bool from_b, const Amount& amount, std::uint64_t second) {
  const std::uint32_t known = index_[slot_of(key)];
  Entry& entry = entries_[known != 0 ? known - 1 : insert(key, second)];
  std::uint64_t& bytes = from_b ? entry.bytes_from_b : entry.bytes_from_a;
  bytes = saturating_add(bytes, amount.bytes);
  entry.seconds.add(amount, second);
}

std::uint32_t TopTable::insert(const TopKey& key, std::uint64_t second) {
  std::uint32_t number = used_;
  if (used_ == max_entries_) {
    number = victim();
    forget(entries_[number].key);
    ++dropped_;
  } else {
    ++used_;
  }
  entries_[number] = {key, 0, 0, {second, {}}};
  index_[slot_of(key)] = number + 1;
  return number;
}

// The smallest of a few: what is large stays, however many small ones come, and nothing has to be kept in order.
std::uint32_t TopTable::victim() {
  std::uint32_t smallest = 0;
  for (unsigned i = 0; i < kCandidates; ++i) {
    random_ += 0x9e3779b97f4a7c15ULL;
    const auto one = static_cast<std::uint32_t>(fold_product(random_, 0xd6e8feb86659fd93ULL) % used_);
    if (i == 0 || entries_[one].bytes() < entries_[smallest].bytes()) smallest = one;
  }
  return smallest;
}

// Takes a key out of the index and moves those behind it up, so that no chain is cut.
void TopTable::forget(const TopKey& key) {
  std::size_t hole = slot_of(key);
  for (std::size_t at = (hole + 1) & mask_; index_[at] != 0; at = (at + 1) & mask_) {
    const std::size_t home = hash_of(entries_[index_[at] - 1].key) & mask_;
    if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
    index_[hole] = index_[at];
    hole = at;
  }
  index_[hole] = 0;
}

void TopTable::remove(std::uint32_t number) {
  forget(entries_[number].key);
  --used_;
  if (number == used_) return;
  index_[slot_of(entries_[used_].key)] = number + 1;
  entries_[number] = entries_[used_];
}

void TopTable::remove_silent(std::uint64_t second) {
  for (std::uint32_t i = used_; i-- > 0;) {
    if (entries_[i].seconds.last + kTopWindows.back() < second) remove(i);
  }
}

TopRates TopTable::rates(const Seconds& seconds, std::uint64_t second, std::uint64_t seconds_watched) {
  TopRates rates;
  for (std::size_t i = 0; i < kTopWindows.size(); ++i) {
    const std::uint64_t window = std::min(kTopWindows[i], seconds_watched);
    if (window == 0) continue;
    const Amount sum = seconds.over(window, second);
    rates.bits_per_s[i] = saturating_product(sum.bytes, 8) / window;
    rates.packets_per_s[i] = sum.packets / window;
  }
  return rates;
}

std::vector<TopRow> TopTable::rows(std::size_t limit, std::uint64_t second, std::uint64_t seconds_watched) {
  remove_silent(second);
  struct Rank {
    std::uint64_t middle, longest, bytes;
    std::uint32_t number;
  };
  std::vector<Rank> ranks(used_);
  for (std::uint32_t i = 0; i < used_; ++i) {
    const Seconds& seconds = entries_[i].seconds;
    ranks[i] = {seconds.over(kTopWindows[1], second).bytes, seconds.over(kTopWindows[2], second).bytes,
                entries_[i].bytes(), i};
  }
  const std::size_t count = std::min<std::size_t>(limit, ranks.size());
  const auto end = ranks.begin() + static_cast<std::ptrdiff_t>(count);
  std::ranges::partial_sort(ranks, end, [](const Rank& l, const Rank& r) {
    return std::tie(r.middle, r.longest, r.bytes, l.number) < std::tie(l.middle, l.longest, l.bytes, r.number);
  });
  std::vector<TopRow> rows;
  for (auto at = ranks.begin(); at != end; ++at) {
    const Entry& entry = entries_[at->number];
    rows.push_back({entry.key, entry.bytes_from_b > entry.bytes_from_a, rates(entry.seconds, second, seconds_watched),
                    entry.bytes()});
  }
  return rows;
}

TopRates TopTable::total(std::uint64_t second, std::uint64_t seconds_watched) const {
  return rates(total_, second, seconds_watched);
}

}  // namespace weir
