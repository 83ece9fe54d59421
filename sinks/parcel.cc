#include "sinks/parcel.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weir {

Parcel::Parcel(std::uint64_t id, std::string lines, std::uint32_t records, std::uint32_t flows)
    : id_(id), lines_(std::move(lines)), records_(records), flows_(flows) {}

std::string_view Parcel::first_lines(std::size_t count) const {
  const std::string_view all = lines_;
  if (count >= pending()) return all;
  std::size_t end = 0;
  for (std::size_t i = 0; i < count; ++i) end = all.find('\n', end) + 1;
  return all.substr(0, end);
}

std::uint64_t Parcel::settle_first(std::size_t count) { return settle(std::vector<bool>(count, true)); }

std::uint64_t Parcel::settle(const std::vector<bool>& settled) {
  const auto count = static_cast<std::uint32_t>(std::ranges::count(settled, true));
  const std::uint64_t before = flows_before(settled_);
  if (count == pending()) {
    lines_.clear();
    numbers_.clear();
  } else if (count != 0) {
    if (numbers_.empty()) {
      numbers_.resize(records_);
      std::iota(numbers_.begin(), numbers_.end(), 0U);
    }
    std::string lines;
    std::vector<std::uint32_t> numbers;
    std::size_t at = 0;
    for (std::size_t i = 0; i < settled.size(); ++i) {
      const std::size_t end = lines_.find('\n', at) + 1;
      if (!settled[i]) {
        lines.append(lines_, at, end - at);
        numbers.push_back(numbers_[i]);
      }
      at = end;
    }
    lines.append(lines_, at);
    numbers.insert(numbers.end(), numbers_.begin() + static_cast<std::ptrdiff_t>(settled.size()), numbers_.end());
    lines_ = std::move(lines);
    numbers_ = std::move(numbers);
  }
  settled_ += count;
  return flows_before(settled_) - before;
}

std::vector<std::uint8_t> Parcel::settled_bits() const {
  std::vector<std::uint8_t> bits((records_ + 7) / 8, 0xff);
  if (records_ % 8 != 0) bits.back() = static_cast<std::uint8_t>((1U << records_ % 8) - 1);
  for (std::size_t i = 0; i < pending(); ++i) {
    bits[number(i) / 8] = static_cast<std::uint8_t>(bits[number(i) / 8] & ~(1U << number(i) % 8));
  }
  return bits;
}

void Parcel::restore(const std::vector<std::uint8_t>& bits) {
  std::vector<bool> settled(records_);
  for (std::size_t i = 0; i < settled.size() && i / 8 < bits.size(); ++i) settled[i] = (bits[i / 8] >> i % 8 & 1) != 0;
  settle(settled);
}

}  // namespace weir
