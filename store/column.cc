#include "store/column.h"

#include <algorithm>

namespace weir {
namespace {

constexpr ColumnKind kind_of(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kAddress: return ColumnKind::kAddress;
    case FieldType::kUnsignedList:
    case FieldType::kAddressList:
    case FieldType::kText: return ColumnKind::kBytes;
    case FieldType::kMac:
    case FieldType::kTimeNs: return ColumnKind::kWide;
    default: return field.width > 4 ? ColumnKind::kWide : ColumnKind::kNarrow;
  }
}

std::array<ColumnInfo, kColumnCount> make_columns() {
  std::array<ColumnInfo, kColumnCount> columns;
  for (std::size_t i = 0; i < kFieldCount; ++i) columns[i] = {ColumnId(i), kFields[i].name, kind_of(kFields[i])};
  columns[kFieldCount] = {kTimeColumn, "time", ColumnKind::kWide};
  columns[kFieldCount + 1] = {kFlowsColumn, "flows", ColumnKind::kWide};
  columns[kFieldCount + 2] = {kExtrasColumn, "extras", ColumnKind::kExtras};
  return columns;
}

}  // namespace

const std::array<ColumnInfo, kColumnCount> kColumns = make_columns();

std::optional<ColumnId> find_column(std::string_view name) {
  const auto at = std::ranges::find(kColumns, name, &ColumnInfo::name);
  if (at == kColumns.end()) return std::nullopt;
  return at->id;
}

}  // namespace weir
