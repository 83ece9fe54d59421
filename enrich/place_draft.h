// What is known of one address, put together piece by piece from several sources.
//
// Thread rules: a value type.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "flow/flow.h"

namespace weir {

class PlaceDraft {
 public:
  // Longer texts are cut, so that no database can fill a batch's annex with one place.
  static constexpr std::size_t kLongestText = 255;

  // One bit for each field of a place, in the order of the field table.
  using Fields = std::uint32_t;
  // Bits of Flow::present.
  using Presence = std::array<std::uint64_t, 2>;

  // `field` is the one of the source's end (src_geo_city_name); the place itself knows no ends. Who speaks first is
  // believed; an empty text and a number of 0 say nothing.
  void set_text(FieldId field, std::string_view text);
  void set_number(FieldId field, std::uint32_t value);

  bool has(FieldId field) const { return (fields_ & bit(field)) != 0; }
  Fields fields() const { return fields_; }
  // Its slices are stretches of texts().
  const Place& place() const { return place_; }
  const std::string& texts() const { return texts_; }

  static Presence presence_src(Fields fields) { return presence(fields, FieldId::src_geo_country_name); }
  static Presence presence_dst(Fields fields) { return presence(fields, FieldId::dst_geo_country_name); }
  static Fields bit(FieldId field) {
    return Fields{1} << (static_cast<unsigned>(field) - static_cast<unsigned>(FieldId::src_geo_country_name));
  }

 private:
  static constexpr Presence presence(Fields fields, FieldId first) {
    const unsigned word = static_cast<unsigned>(first) / 64, shift = static_cast<unsigned>(first) % 64;
    Presence present{};
    present[word] = std::uint64_t{fields} << shift;
    if (shift > 32 && word == 0) present[1] = std::uint64_t{fields} >> (64 - shift);
    return present;
  }
  std::uint8_t* member(FieldId field);

  Place place_{};
  std::string texts_;
  Fields fields_ = 0;
};

}  // namespace weir
