#include "query/segment_codes.h"

#include "query/list_values.h"

namespace weir {

Result<void> SegmentCodes::prepare_addresses() {
  if (addresses_ != nullptr) return {};
  const auto addresses = segment_.addresses();
  if (!addresses) return std::unexpected(addresses.error());
  addresses_ = *addresses;
  return {};
}

Result<void> SegmentCodes::prepare_text(ColumnId column) {
  Texts& texts = texts_[static_cast<std::size_t>(column)];
  if (texts.words != nullptr) return {};
  const auto words = segment_.dictionary(column);
  if (!words) return std::unexpected(words.error());
  const std::uint32_t codes = (*words)->size() + 1;
  if (!budget_.take(codes * sizeof(std::uint32_t))) return fail("no memory left");
  charged_ += codes * sizeof(std::uint32_t);
  texts = {*words, codes, std::make_unique<std::atomic<std::uint32_t>[]>(codes)};
  return {};
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
