#include "query/segment_codes.h"

#include <vector>

#include "query/list_values.h"

namespace weir {

Result<void> SegmentCodes::prepare_addresses() {
  if (addresses_ != nullptr) return {};
  const auto addresses = segment_.addresses();
  if (!addresses) return std::unexpected(addresses.error());
  const std::uint32_t codes = (*addresses)->size() + 1;
  if (!take(codes)) return fail("no memory left");
  address_numbers_ = std::make_unique_for_overwrite<std::atomic<std::uint32_t>[]>(codes);
  const auto put = [this](std::uint32_t code, std::uint32_t n) {
    address_numbers_[code].store(n, std::memory_order_relaxed);
  };
  put(0, AddressNumbers::kNoAddress);
  std::uint32_t code = 1;
  for (const std::uint32_t v4 : (*addresses)->v4())
    put(code++, AddressNumbers::is_own_number(v4) ? v4 : AddressNumbers::kUnknown);
  while (code < codes) put(code++, AddressNumbers::kUnknown);
  addresses_ = *addresses;
  return {};
}

Result<void> SegmentCodes::prepare_text(ColumnId column) {
  Texts& texts = texts_[static_cast<std::size_t>(column)];
  if (texts.words != nullptr) return {};
  const auto words = segment_.dictionary(column);
  if (!words) return std::unexpected(words.error());
  const std::uint32_t codes = (*words)->size() + 1;
  if (!take(codes)) return fail("no memory left");
  texts = {*words, codes, std::make_unique<std::atomic<std::uint32_t>[]>(codes)};
  return {};
}

bool SegmentCodes::take(std::uint32_t codes) {
  if (!budget_.take(codes * sizeof(std::uint32_t))) return false;
  charged_ += codes * sizeof(std::uint32_t);
  return true;
}

bool SegmentCodes::number_addresses(std::span<const std::uint32_t> codes, std::uint32_t* numbers) const {
  for (;;) {
    bool unknown = false;
    for (std::size_t i = 0; i < codes.size(); ++i) {
      numbers[i] = address_numbers_[codes[i]].load(std::memory_order_relaxed);
      unknown |= numbers[i] == AddressNumbers::kUnknown;
    }
    if (!unknown) return true;
    if (!number_new(codes, numbers)) return false;
  }
}

// Finds out the numbers of those codes of which `numbers` has none.
bool SegmentCodes::number_new(std::span<const std::uint32_t> codes, const std::uint32_t* numbers) const {
  std::vector<std::uint32_t> wanted;
  const std::uint32_t v4_count = addresses_->v4_count();
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (numbers[i] != AddressNumbers::kUnknown) continue;
    wanted.push_back(codes[i]);
    if (codes[i] > v4_count) __builtin_prefetch(&addresses_->v6()[codes[i] - 1 - v4_count]);
  }
  std::vector<IpAddress> addresses;
  addresses.reserve(wanted.size());
  for (const std::uint32_t code : wanted) addresses.push_back(addresses_->address(code));
  std::vector<std::uint32_t> found(wanted.size());
  if (!values_.addresses.number(addresses, found.data())) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    address_numbers_[wanted[i]].store(found[i], std::memory_order_relaxed);
  }
  return true;
}

std::optional<std::uint32_t> SegmentCodes::new_text(const Texts& texts, ColumnId column, std::uint32_t code) const {
  if (code >= texts.codes) return std::nullopt;
  Interner& interner = is_interface_name(column) ? values_.interfaces : values_.texts;
  const FieldType type = field_info(static_cast<FieldId>(column)).type;
  const auto number = interner.intern(value_text(type, texts.words->bytes(code)));
  if (number) texts.numbers[code].store(*number + 1, std::memory_order_relaxed);
  return number;
}

}  // namespace weir
