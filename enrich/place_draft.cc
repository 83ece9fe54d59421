#include "enrich/place_draft.h"

#include <cstring>

#include "flow/field_table.h"

namespace weir {
namespace {

constexpr unsigned kFirstSrc = static_cast<unsigned>(FieldId::src_geo_country_name);
constexpr unsigned kFirstDst = static_cast<unsigned>(FieldId::dst_geo_country_name);
constexpr unsigned kFields = static_cast<unsigned>(FieldId::src_net_tenant) - kFirstSrc + 1;

static_assert(kFields <= 32 && static_cast<unsigned>(FieldId::dst_net_tenant) - kFirstDst + 1 == kFields,
              "both ends have the same fields, one after the other");

// Of a text that is cut, the part before its last, incomplete UTF-8 character.
std::string_view cut(std::string_view text, std::size_t length) {
  if (text.size() <= length) return text;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  return text.substr(0, length);
}

}  // namespace

std::uint8_t* PlaceDraft::member(FieldId field) {
  return reinterpret_cast<std::uint8_t*>(&place_) + field_info(field).offset;
}

void PlaceDraft::set_text(FieldId field, std::string_view text) {
  if (text.empty() || has(field)) return;
  text = cut(text, kLongestText);
  const Slice slice{static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())};
  std::memcpy(member(field), &slice, sizeof slice);
  texts_ += text;
  fields_ |= bit(field);
}

void PlaceDraft::set_number(FieldId field, std::uint32_t value) {
  if (value == 0 || has(field)) return;
  std::memcpy(member(field), &value, field_info(field).width);  // little-endian
  fields_ |= bit(field);
}

}  // namespace weir
