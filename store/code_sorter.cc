#include "store/code_sorter.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/bytes.h"
#include "store/dictionary_coding.h"

namespace weir {
namespace {

// By their upper halves, a byte at a time.
void sort_by_address(std::vector<std::uint64_t>& entries, std::vector<std::uint64_t>& other) {
  constexpr std::size_t kWorthWhile = 128;
  if (entries.size() < kWorthWhile) {
    std::ranges::sort(entries);
    return;
  }
  other.resize(entries.size());
  for (unsigned shift = 32; shift < 64; shift += 8) {
    std::array<std::uint32_t, 256> starts{};
    for (const std::uint64_t entry : entries) ++starts[entry >> shift & 0xff];
    std::uint32_t start = 0;
    for (std::uint32_t& count : starts) start += std::exchange(count, start);
    for (const std::uint64_t entry : entries) other[starts[entry >> shift & 0xff]++] = entry;
    entries.swap(other);
  }
}

}  // namespace

void CodeSorter::begin(std::uint32_t size) {
  if (seen_.size() <= size || ++turn_ == 0) {
    seen_.assign(std::max<std::size_t>(seen_.size(), std::size_t{size} + size / 2 + 64), 0);
    ranks_.resize(seen_.size());
    turn_ = 1;
  }
  seen_[0] = turn_;
  ranks_[0] = 0;
  used_.clear();
}

void CodeSorter::use(std::span<const std::uint32_t> codes) {
  std::uint32_t last = 0;
  for (const std::uint32_t code : codes) {
    if (code == last) continue;
    last = code;
    if (seen_[code] == turn_) continue;
    seen_[code] = turn_;
    used_.push_back(code);
  }
}

void CodeSorter::use_all(std::uint32_t size) {
  used_.resize(size);
  std::iota(used_.begin(), used_.end(), 1U);
}

std::string CodeSorter::finish(const AddressTable& table) {
  v4_.clear();
  v6_.clear();
  for (const std::uint32_t code : used_) {
    if (table.is_v6(code)) {
      const AddressBytes& address = table.v6(code);
      v6_.push_back({load_be64(address.data()), load_be64(address.data() + 8), code});
    } else {
      v4_.push_back(std::uint64_t{table.v4(code)} << 32 | code);
    }
  }
  sort_by_address(v4_, other_);
  std::ranges::sort(v6_);
  std::uint32_t rank = 0;
  sorted_v4_.clear();
  sorted_v6_.clear();
  for (const std::uint64_t entry : v4_) {
    ranks_[static_cast<std::uint32_t>(entry)] = ++rank;
    sorted_v4_.push_back(static_cast<std::uint32_t>(entry >> 32));
  }
  for (const V6Entry& entry : v6_) {
    ranks_[entry.code] = ++rank;
    sorted_v6_.push_back(table.v6(entry.code));
  }
  return encode_addresses(sorted_v4_, sorted_v6_);
}

std::string CodeSorter::finish(const BytesTable& table) {
  std::ranges::sort(used_, {}, [&](std::uint32_t code) { return table.bytes(code); });
  BytesEncoder encoder;
  std::uint32_t rank = 0;
  for (const std::uint32_t code : used_) {
    ranks_[code] = ++rank;
    encoder.add(table.bytes(code));
  }
  return encoder.finish();
}

}  // namespace weir
