#include "query/key_layout.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "query/groups.h"

namespace weir {
namespace {

KeyPart part_of(const QueryField& field, const TimeBlocks& times) {
  using Source = KeyPart::Source;
  switch (field.kind) {
    case QueryField::Kind::kTime:
      return {Source::kTime, {}, static_cast<unsigned>(std::bit_width((times.last - times.first) | 1))};
    case QueryField::Kind::kInterface: return {Source::kInterface, {}, 32};
    case QueryField::Kind::kHost: return {Source::kHost, {}, 32};
    case QueryField::Kind::kDuration: return {Source::kDuration, {}, 64};
    case QueryField::Kind::kAnyAddress:
    case QueryField::Kind::kStored: break;
  }
  const FieldInfo& info = field_info(field.field);
  switch (info.type) {
    case FieldType::kAddress: return {Source::kAddress, info.id, 32};
    case FieldType::kSrcPrefix:
    case FieldType::kDstPrefix: return {Source::kNetwork, info.id, 32};
    case FieldType::kUnsignedList:
    case FieldType::kAddressList:
    case FieldType::kText: return {Source::kText, info.id, 32};
    default: return {Source::kNumber, info.id, std::min(8U * info.width, 64U)};
  }
}

bool is_text(KeyPart::Source source) {
  return source == KeyPart::Source::kText || source == KeyPart::Source::kNetwork || source == KeyPart::Source::kHost ||
         source == KeyPart::Source::kInterface;
}

// Names of interfaces have an interner of their own, whichever column they stand in.
const Interner& interner_of(const KeyPart& part, const KeyValues& values) {
  const bool interface = part.source == KeyPart::Source::kInterface ||
                         (part.source == KeyPart::Source::kText && is_interface_name(column_of(part.field)));
  return interface ? values.interfaces : values.texts;
}

std::strong_ordering compare_addresses(const IpAddress& a, const IpAddress& b) {
  if (const auto order = a.family <=> b.family; order != 0) return order;
  return a.bytes <=> b.bytes;
}

}  // namespace

IpAddress KeyValues::address(std::uint32_t code) const {
  if (code < kInternedAddresses) return IpAddress::v4(code);
  IpAddress address;
  const std::string_view bytes = addresses.bytes(code - kInternedAddresses);
  if (!bytes.empty()) std::memcpy(&address, bytes.data(), sizeof address);
  return address;
}

KeyLayout::KeyLayout(std::span<const QueryColumn> columns, const TimeBlocks& times) : times_(times) {
  for (const QueryColumn& column : columns) parts_.push_back(part_of(column.field, times));
  std::vector<KeyPart*> by_width;
  for (KeyPart& part : parts_) by_width.push_back(&part);
  std::ranges::stable_sort(by_width, std::ranges::greater(), &KeyPart::bits);
  std::vector<unsigned> used;  // bits of each word
  for (KeyPart* part : by_width) {
    auto room = std::ranges::find_if(used, [&](unsigned bits) { return bits + part->bits <= 64; });
    if (room == used.end()) room = used.insert(used.end(), 0);
    part->word = static_cast<unsigned>(room - used.begin());
    part->shift = *room;
    *room += part->bits;
  }
  words_ = Groups::rounded_words(used.size());
}

const KeyPart* KeyLayout::interface() const {
  const auto at = std::ranges::find(parts_, KeyPart::Source::kInterface, &KeyPart::source);
  return at == parts_.end() ? nullptr : &*at;
}

QueryValue KeyLayout::value(const KeyPart& part, const std::uint64_t* key, const KeyValues& values) const {
  const std::uint64_t n = part.of(key);
  switch (part.source) {
    case KeyPart::Source::kNumber:
    case KeyPart::Source::kDuration: return n;
    case KeyPart::Source::kTime: return label(n);
    case KeyPart::Source::kAddress: return values.address(static_cast<std::uint32_t>(n));
    case KeyPart::Source::kInterface:
    case KeyPart::Source::kText:
    case KeyPart::Source::kNetwork:
    case KeyPart::Source::kHost: return std::string(interner_of(part, values).bytes(static_cast<std::uint32_t>(n)));
  }
  return n;
}

std::strong_ordering KeyLayout::compare(const std::uint64_t* a, const std::uint64_t* b, const KeyValues& values) const {
  for (const KeyPart& part : parts_) {
    const std::uint64_t x = part.of(a), y = part.of(b);
    if (x == y) continue;
    const auto m = static_cast<std::uint32_t>(x), n = static_cast<std::uint32_t>(y);
    if (part.source == KeyPart::Source::kAddress) {
      if (m >= kInternedAddresses || n >= kInternedAddresses) {
        return compare_addresses(values.address(m), values.address(n));
      }
    } else if (is_text(part.source)) {
      const Interner& texts = interner_of(part, values);
      return texts.bytes(m) <=> texts.bytes(n);
    }
    return x <=> y;
  }
  return std::strong_ordering::equal;
}

std::uint64_t KeyLayout::time(const std::uint64_t* key) const {
  const auto at = std::ranges::find(parts_, KeyPart::Source::kTime, &KeyPart::source);
  return at == parts_.end() ? 0 : label(at->of(key));
}

}  // namespace weir
