#include "query/key_layout.h"

#include <algorithm>
#include <bit>
#include <string>
#include <tuple>

#include "query/groups.h"

namespace weir {
namespace {

using Source = KeyPart::Source;

KeyPart part_of(const QueryField& field, const TimeBlocks& times) {
  const auto part = [](Source source, FieldId id, unsigned bits) { return KeyPart{source, id, {bits, 0, 0}}; };
  switch (field.kind) {
    case QueryField::Kind::kTime:
      return part(Source::kTime, {}, static_cast<unsigned>(std::bit_width((times.last - times.first) | 1)));
    case QueryField::Kind::kInterface: return part(Source::kInterface, {}, 32);
    case QueryField::Kind::kHost: return part(Source::kHost, {}, 32);
    case QueryField::Kind::kDuration: return part(Source::kDuration, {}, 64);
    case QueryField::Kind::kAnyAddress:
    case QueryField::Kind::kStored: break;
  }
  const FieldInfo& info = field_info(field.field);
  switch (info.type) {
    case FieldType::kAddress: return part(Source::kAddress, info.id, 32);
    case FieldType::kSrcPrefix:
    case FieldType::kDstPrefix: return part(Source::kNetwork, info.id, 32);
    case FieldType::kUnsignedList:
    case FieldType::kAddressList:
    case FieldType::kText: return part(Source::kText, info.id, 32);
    default: return part(Source::kNumber, info.id, std::min(8U * info.width, 64U));
  }
}

// Gives each place bits of a word that nobody else has, the widest first; returns how many words that takes.
std::size_t lay_out(std::vector<KeyPlace*> places) {
  std::ranges::sort(places, std::ranges::greater(), &KeyPlace::bits);
  std::vector<unsigned> used;  // bits of each word
  for (KeyPlace* place : places) {
    auto room = std::ranges::find_if(used, [&](unsigned bits) { return bits + place->bits <= 64; });
    if (room == used.end()) room = used.insert(used.end(), 0);
    place->word = static_cast<unsigned>(room - used.begin());
    place->shift = *room;
    *room += place->bits;
  }
  return used.size();
}

const Interner& interner_of(const KeyPart& part, const KeyValues& values) {
  const bool interface =
      part.source == Source::kInterface || (part.source == Source::kText && is_interface_name(column_of(part.field)));
  return interface ? values.interfaces : values.texts;
}

std::strong_ordering compare_part(const KeyPart& part, const std::uint64_t* a, const std::uint64_t* b,
                                  const KeyValues& values) {
  const std::uint64_t x = part.place.of(a), y = part.place.of(b);
  if (x == y) return std::strong_ordering::equal;
  const auto i = static_cast<std::uint32_t>(x), j = static_cast<std::uint32_t>(y);
  switch (part.source) {
    case Source::kAddress: {
      const IpAddress p = values.addresses.address(i), q = values.addresses.address(j);
      return std::tie(p.family, p.bytes) <=> std::tie(q.family, q.bytes);
    }
    case Source::kText:
    case Source::kNetwork:
    case Source::kInterface:
    case Source::kHost: {
      const Interner& texts = interner_of(part, values);
      return texts.bytes(i) <=> texts.bytes(j);
    }
    default: return x <=> y;
  }
}

}  // namespace

KeyLayout::KeyLayout(std::span<const QueryColumn> columns, const TimeBlocks& times) : times_(times) {
  parts_.reserve(columns.size());
  std::vector<KeyPlace*> places;
  for (const QueryColumn& column : columns) {
    KeyPart& part = parts_.emplace_back(part_of(column.field, times));
    places.push_back(&part.place);
  }
  words_ = Groups::rounded_words(lay_out(std::move(places)));
}

const KeyPart* KeyLayout::find(KeyPart::Source source) const {
  const auto at = std::ranges::find(parts_, source, &KeyPart::source);
  return at == parts_.end() ? nullptr : &*at;
}

QueryValue KeyLayout::value(std::size_t i, const std::uint64_t* key, const KeyValues& values) const {
  const KeyPart& part = parts_[i];
  const std::uint64_t n = part.place.of(key);
  switch (part.source) {
    case Source::kNumber:
    case Source::kDuration: return n;
    case Source::kTime: return label(n);
    case Source::kAddress: return values.addresses.address(static_cast<std::uint32_t>(n));
    case Source::kInterface:
    case Source::kText:
    case Source::kNetwork:
    case Source::kHost: return std::string(interner_of(part, values).bytes(static_cast<std::uint32_t>(n)));
  }
  return n;
}

std::uint64_t KeyLayout::time(const std::uint64_t* key) const {
  const KeyPart* part = find(Source::kTime);
  return part == nullptr ? 0 : label(part->place.of(key));
}

std::strong_ordering KeyLayout::compare(const std::uint64_t* a, const std::uint64_t* b, const KeyValues& values) const {
  for (const KeyPart& part : parts_) {
    if (const auto order = compare_part(part, a, b, values); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace weir
