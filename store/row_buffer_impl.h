// What a RowBuffer holds, for the segment writer.
#pragma once

#include <array>
#include <memory>

#include "store/code_table.h"
#include "store/pod_vector.h"
#include "store/row_buffer.h"

namespace weir {

// Values of all rows so far, as of ColumnInfo::kind; codes are provisional. Not `used`: absent in every row.
struct BufferColumn {
  bool used = false;
  bool mixed = false;  // `present` tells, row by row; else every row has a value
  PodVector<std::uint32_t> narrow;
  PodVector<std::uint64_t> wide;
  PodVector<std::uint8_t> present;

  // Makes a column that had no value so far one of `rows` absent ones.
  void begin(ColumnKind kind, std::size_t rows);
  // From now on presence is told row by row.
  void begin_presence(std::size_t rows);
  void append_absent(ColumnKind kind, std::size_t rows_before, std::size_t count);
};

struct RowBuffer::Impl {
  std::array<BufferColumn, kColumnCount> columns;
  AddressTable addresses;
  std::array<std::unique_ptr<BytesTable>, kColumnCount> texts;  // for kBytes columns
  PodVector<std::uint64_t> extras_ends;                         // row r's extras end there; begin where row r - 1's end
  PodVector<std::uint8_t> extras;
  std::size_t rows = 0;
  std::uint64_t clamped = 0;
  TimeRange times = TimeRange::none();

  Impl();
  BufferColumn& column(ColumnId id) { return columns[static_cast<std::size_t>(id)]; }
  const BufferColumn& column(ColumnId id) const { return columns[static_cast<std::size_t>(id)]; }
  const BytesTable& text(ColumnId id) const { return *texts[static_cast<std::size_t>(id)]; }
};

}  // namespace weir
