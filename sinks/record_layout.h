// The record as a compiled plan: what the field table says of JSON or CSV, rendered once.
//
// A layout is the text of a record in which every field is absent, with the places of the values marked. A record is
// then made by copying stretches of that text and putting present values in their places; a run of absent fields,
// together with the key of the field after it, costs one copy.
//
// Thread rules: immutable after construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "flow/field_table.h"
#include "flow/flow.h"

namespace weir {

enum class RecordFormat : std::uint8_t {
  kJsonLines,
  kJsonArrayItems,
  kCsv,
  kText,  // lines for people (text_line.h), which the layout has no part in
};

enum class FieldSelection : std::uint8_t {
  kFull,     // every Common field, absent ones as 0, "" or []; Own and Reverse ones where present
  kCompact,  // present fields only
  kAll,      // kFull, then extras under their IANA names, unknown ones as e<PEN>_<id>
};

// One bit a field, as in Flow::present.
using FieldMask = std::array<std::uint64_t, 2>;

constexpr bool has_bit(const FieldMask& mask, FieldId id) {
  const auto n = static_cast<unsigned>(id);
  return (mask[n >> 6] >> (n & 63) & 1) != 0;
}
constexpr void set_bit(FieldMask& mask, FieldId id) {
  const auto n = static_cast<unsigned>(id);
  mask[n >> 6] |= std::uint64_t{1} << (n & 63);
}

// How a value is written: FieldType, with numbers told apart by their width.
enum class WriteOp : std::uint8_t {
  kU8,
  kU16,
  kU32,
  kU64,
  kFlowType,
  kAddress,
  kEtype,
  kProtocol,
  kMac,
  kSrcPrefix,
  kDstPrefix,
  kDegrees,
  kUnsignedList,
  kAddressList,
  kText,
};

struct FieldStep {
  WriteOp op;
  FieldHome home;
  std::uint16_t offset;
  std::uint16_t family_offset;
};

// Where a field stands in the layout's text: [begin, end) with delimiter and key, [value, value_end) its absent value.
struct FieldPlaces {
  std::array<std::uint16_t, kFieldCount> begin, value, value_end, end;
};

struct RecordLayout {
  RecordLayout(RecordFormat format, FieldSelection fields);

  std::array<FieldStep, kFieldCount> steps;
  FieldPlaces places;
  std::string text;    // padded by kCopySlack
  FieldMask always{};  // fields written whether present or not: the first `always_count` ones
  std::size_t always_count;
  FieldMask of_origin{};  // fields of Origin, the same for a whole datagram
  FieldMask of_flow{};    // of everything else
  FieldMask of_cold{};    // of FlowCold
  FieldMask of_src_place{};
  FieldMask of_dst_place{};
  FieldMask of_places{};             // of both
  std::size_t stamped;               // no field from here on is Origin's or always there
  std::size_t max_length = 0;        // of a record without places, and without what its lists, texts and extras take
  std::size_t max_place_length = 0;  // what a place adds to that, but for its texts
};

}  // namespace weir
