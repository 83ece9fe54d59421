#include "sinks/record_layout.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace weir {
namespace {

WriteOp number_op(std::uint16_t width) {
  switch (width) {
    case 1: return WriteOp::kU8;
    case 2: return WriteOp::kU16;
    case 4: return WriteOp::kU32;
    default: return WriteOp::kU64;
  }
}

WriteOp op_of(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kFlowType: return WriteOp::kFlowType;
    case FieldType::kTimeNs:
    case FieldType::kUnsigned: return number_op(field.width);
    case FieldType::kAddress: return WriteOp::kAddress;
    case FieldType::kEtype: return WriteOp::kEtype;
    case FieldType::kProtocol: return WriteOp::kProtocol;
    case FieldType::kMac: return WriteOp::kMac;
    case FieldType::kSrcPrefix: return WriteOp::kSrcPrefix;
    case FieldType::kDstPrefix: return WriteOp::kDstPrefix;
    case FieldType::kDegrees: return WriteOp::kDegrees;
    case FieldType::kUnsignedList: return WriteOp::kUnsignedList;
    case FieldType::kAddressList: return WriteOp::kAddressList;
    case FieldType::kText: return WriteOp::kText;
  }
  return WriteOp::kU64;
}

bool is_number(FieldType type) {
  return type == FieldType::kTimeNs || type == FieldType::kUnsigned || type == FieldType::kDegrees;
}
bool is_list(FieldType type) { return type == FieldType::kUnsignedList || type == FieldType::kAddressList; }

// What stands around a value and in place of an absent one.
struct Frame {
  std::string_view open, absent, close;
};

Frame json_frame(const FieldInfo& field) {
  if (is_number(field.type)) return {"", "0", ""};
  if (is_list(field.type)) return {"[", "", "]"};
  if (field.type == FieldType::kMac) return {"\"", "00:00:00:00:00:00", "\""};
  return {"\"", "", "\""};
}

Frame csv_frame(const FieldInfo& field, FieldSelection fields) {
  if (fields == FieldSelection::kCompact || field.group != FieldGroup::kCommon) return {"", "", ""};
  if (is_list(field.type)) return {"", "", ""};
  return {"", json_frame(field).absent, ""};
}

// An IPv6 prefix; numbers, names and MAC addresses are shorter.
constexpr std::size_t kLongestValue = kAddressText + sizeof("/128");

std::size_t count_always(RecordFormat format, FieldSelection fields) {
  if (format == RecordFormat::kCsv) return kFieldCount;
  if (fields == FieldSelection::kCompact) return 0;
  return static_cast<std::size_t>(
      std::ranges::count_if(kFields, [](const FieldInfo& f) { return f.group == FieldGroup::kCommon; }));
}

}  // namespace

RecordLayout::RecordLayout(RecordFormat format, FieldSelection fields)
    : always_count(count_always(format, fields)), stamped(always_count) {
  const auto position = [this] { return static_cast<std::uint16_t>(text.size()); };
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const FieldInfo& field = kFields[i];
    steps[i] = {op_of(field), field.home, field.offset, field.family_offset};
    if (i < always_count) set_bit(always, field.id);
    set_bit(field.home == FieldHome::kOrigin ? of_origin : of_flow, field.id);
    if (field.home == FieldHome::kOrigin) stamped = std::max(stamped, i + 1);
    if (field.home == FieldHome::kFlowCold) set_bit(of_cold, field.id);
    if (field.home == FieldHome::kSrcPlace) set_bit(of_src_place, field.id);
    if (field.home == FieldHome::kDstPlace) set_bit(of_dst_place, field.id);
    if (in_place(field.home)) set_bit(of_places, field.id);

    const bool csv = format == RecordFormat::kCsv;
    const Frame frame = csv ? csv_frame(field, fields) : json_frame(field);
    places.begin[i] = position();
    if (csv) {
      if (i != 0) text += ',';
    } else {
      text.append(i == 0 ? "{\"" : ",\"").append(field.name).append("\":");
    }
    text += frame.open;
    places.value[i] = position();
    text += frame.absent;
    places.value_end[i] = position();
    text += frame.close;
    places.end[i] = position();
    const bool bounded = !is_list(field.type) && field.type != FieldType::kText;
    const std::size_t length = places.end[i] - places.begin[i] + (bounded ? kLongestValue : 0);
    if (!in_place(field.home) || csv) max_length += length;
    if (field.home == FieldHome::kSrcPlace) max_place_length += length;
  }
  text.append(kCopySlack, '\0');
  max_length += kCopySlack;
}

}  // namespace weir
