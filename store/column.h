// The store's columns: one for every row of the field table, and a few of the store's own.
//
// Thread rules: everything is immutable, free to use from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/field_table.h"

namespace weir {

// A column in memory. The first kFieldCount are the fields, numbered like FieldId. Numbers change when fields are
// added: on disk a column goes by its name.
enum class ColumnId : std::uint8_t {};

constexpr ColumnId column_of(FieldId field) { return static_cast<ColumnId>(field); }

// Nanoseconds since the epoch: the flow's end, or its time of receipt where it has no end or one more than an hour off.
// Partition, time window and the `time` of queries go by it. Every row has it.
inline constexpr ColumnId kTimeColumn{kFieldCount};
// How many flows a row stands for. Absent: one. Roll-ups have it.
inline constexpr ColumnId kFlowsColumn{kFieldCount + 1};
// What has no field: the flow's extras, serialised (docs/store-format.md).
inline constexpr ColumnId kExtrasColumn{kFieldCount + 2};
inline constexpr std::size_t kColumnCount = kFieldCount + 3;

enum class ColumnKind : std::uint8_t {
  kNarrow,   // a number of at most 32 bits; read as uint32
  kWide,     // a number of at most 64 bits, a time, a MAC address (first byte highest); read as uint64
  kAddress,  // read as uint32: a code of the segment's address dictionary, 0 absent
  kBytes,    // text or a list: read as uint32: a code of the column's own dictionary, 0 absent
  kExtras,   // read by Segment::read_extras() only
};

struct ColumnInfo {
  ColumnId id;
  std::string_view name;  // the field's, or "time", "flows", "extras"
  ColumnKind kind;
};

extern const std::array<ColumnInfo, kColumnCount> kColumns;

inline const ColumnInfo& column_info(ColumnId id) { return kColumns[static_cast<std::size_t>(id)]; }

// By its exact name on disk.
std::optional<ColumnId> find_column(std::string_view name);

}  // namespace weir
