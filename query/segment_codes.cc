#include "query/segment_codes.h"

#include <algorithm>

#include "query/list_values.h"

namespace weir {
namespace {

std::string_view as_bytes(const IpAddress& address) {
  return {reinterpret_cast<const char*>(&address), sizeof address};
}

}  // namespace

Result<SegmentCodes::Map> SegmentCodes::make_map(std::size_t codes) {
  const std::size_t size = codes * sizeof(std::uint32_t);
  if (!budget_.take(size)) return fail("no memory left");
  charged_ += size;
  return std::make_unique<std::atomic<std::uint32_t>[]>(codes);
}

Result<void> SegmentCodes::prepare_addresses() {
  if (addresses_ != nullptr) return {};
  const auto addresses = segment_.addresses();
  if (!addresses) return std::unexpected(addresses.error());
  const auto v4 = (*addresses)->v4();
  const auto plain = static_cast<std::uint32_t>(std::ranges::lower_bound(v4, kInternedAddresses) - v4.begin());
  auto map = make_map((*addresses)->size() - plain);
  if (!map) return std::unexpected(map.error());
  address_map_ = std::move(*map);
  addresses_ = *addresses;
  v4_ = v4.data();
  plain_ = plain;
  return {};
}

Result<void> SegmentCodes::prepare_text(ColumnId column) {
  Texts& texts = texts_[static_cast<std::size_t>(column)];
  if (texts.words != nullptr) return {};
  const auto words = segment_.dictionary(column);
  if (!words) return std::unexpected(words.error());
  auto map = make_map((*words)->size() + 1);
  if (!map) return std::unexpected(map.error());
  texts = {*words, std::move(*map)};
  return {};
}

std::optional<std::uint32_t> SegmentCodes::interned_address(std::uint32_t code) const {
  if (code > addresses_->size()) return std::nullopt;
  std::atomic<std::uint32_t>& known = address_map_[code - 1 - plain_];
  if (const std::uint32_t id = known.load(std::memory_order_relaxed); id != 0) return kInternedAddresses + id - 1;
  const auto id = values_.addresses.intern(as_bytes(addresses_->address(code)));
  if (!id) return std::nullopt;
  known.store(*id + 1, std::memory_order_relaxed);
  return kInternedAddresses + *id;
}

std::optional<std::uint32_t> SegmentCodes::text(ColumnId column, std::uint32_t code) const {
  const Texts& texts = texts_[static_cast<std::size_t>(column)];
  if (code > texts.words->size()) return std::nullopt;
  if (code == 0) return 0;
  std::atomic<std::uint32_t>& known = texts.map[code];
  if (const std::uint32_t id = known.load(std::memory_order_relaxed); id != 0) return id - 1;
  Interner& interner = is_interface_name(column) ? values_.interfaces : values_.texts;
  const FieldType type = field_info(static_cast<FieldId>(column)).type;
  const auto id = interner.intern(value_text(type, texts.words->bytes(code)));
  if (id) known.store(*id + 1, std::memory_order_relaxed);
  return id;
}

}  // namespace weir
