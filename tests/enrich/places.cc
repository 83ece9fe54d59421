#include "tests/enrich/places.h"

#include <cstring>
#include <fstream>

#include "base/text.h"
#include "flow/degrees.h"
#include "flow/field_table.h"

namespace weir::test {
namespace {

template <typename Has, typename Text>
Words words_of(const Place& place, FieldHome home, Has has, Text text_at) {
  Words words;
  for (const FieldInfo& field : kFields) {
    if (field.home != home || !has(field.id)) continue;
    const auto* member = reinterpret_cast<const std::uint8_t*>(&place) + field.offset;
    std::string& word = words[std::string(field.name.substr(4))];
    if (field.type == FieldType::kText) {
      Slice slice;
      std::memcpy(&slice, member, sizeof slice);
      word = text_at(slice);
      continue;
    }
    std::uint32_t number = 0;
    std::memcpy(&number, member, field.width);
    char digits[kNumberRoom];
    word =
        field.type == FieldType::kDegrees ? std::string(digits, write_degrees(digits, number)) : std::to_string(number);
  }
  return words;
}

Words words_at(const FlowBatch& batch, const Flow& flow, FieldHome home) {
  const std::uint16_t number = home == FieldHome::kSrcPlace ? flow.src_place : flow.dst_place;
  return words_of(
      number == 0 ? Place{} : batch.place(number), home, [&](FieldId id) { return flow.has(id); },
      [&](Slice slice) { return std::string(batch.text(slice)); });
}

}  // namespace

Words words(const PlaceDraft& place) {
  return words_of(
      place.place(), FieldHome::kSrcPlace, [&](FieldId id) { return place.has(id); },
      [&](Slice slice) { return place.texts().substr(slice.offset, slice.length); });
}

Words words_src(const FlowBatch& batch, const Flow& flow) { return words_at(batch, flow, FieldHome::kSrcPlace); }
Words words_dst(const FlowBatch& batch, const Flow& flow) { return words_at(batch, flow, FieldHome::kDstPlace); }

Words look_up(const GeoDatabase& database, std::string_view address) {
  const IpAddress ip = IpAddress::parse(address).value();
  PlaceDraft place;
  if (const std::uint32_t record = database.find(ip.bytes, ip.family); record != 0) database.add_to(place, record);
  return words(place);
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace weir::test
