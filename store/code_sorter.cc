#include "store/code_sorter.h"

#include <algorithm>

#include "store/dictionary_coding.h"

namespace weir {

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

std::string CodeSorter::finish(const AddressTable& table) {
  std::vector<std::uint64_t> v4;  // address << 32 | code
  std::vector<std::uint32_t> v6;
  for (const std::uint32_t code : used_) {
    if (table.is_v6(code)) {
      v6.push_back(code);
    } else {
      v4.push_back(std::uint64_t{table.v4(code)} << 32 | code);
    }
  }
  std::ranges::sort(v4);
  std::ranges::sort(v6, {}, [&](std::uint32_t code) -> const AddressBytes& { return table.v6(code); });
  std::uint32_t rank = 0;
  std::vector<std::uint32_t> sorted_v4;
  std::vector<AddressBytes> sorted_v6;
  for (const std::uint64_t entry : v4) {
    ranks_[static_cast<std::uint32_t>(entry)] = ++rank;
    sorted_v4.push_back(static_cast<std::uint32_t>(entry >> 32));
  }
  for (const std::uint32_t code : v6) {
    ranks_[code] = ++rank;
    sorted_v6.push_back(table.v6(code));
  }
  return encode_addresses(sorted_v4, sorted_v6);
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
