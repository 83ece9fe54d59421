#include "store/row_buffer.h"

#include "store/row_appender.h"
#include "store/row_buffer_impl.h"

namespace weir {

void BufferColumn::begin(ColumnKind kind, std::size_t rows) {
  used = true;
  mixed = rows > 0;
  if (kind == ColumnKind::kWide) {
    wide.fill(rows, 0);
  } else {
    narrow.fill(rows, 0);
  }
  present.fill(rows, 0);
}

void BufferColumn::begin_presence(std::size_t rows) {
  if (mixed) return;
  mixed = true;
  present.fill(rows, 1);
}

void BufferColumn::append_absent(ColumnKind kind, std::size_t rows_before, std::size_t count) {
  begin_presence(rows_before);
  present.fill(count, 0);
  if (kind == ColumnKind::kWide) {
    wide.fill(count, 0);
  } else {
    narrow.fill(count, 0);
  }
}

RowBuffer::Impl::Impl() {
  for (const ColumnInfo& info : kColumns) {
    if (info.kind == ColumnKind::kBytes) texts[static_cast<std::size_t>(info.id)] = std::make_unique<BytesTable>();
  }
}

RowBuffer::RowBuffer() : impl_(std::make_unique<Impl>()) {}
RowBuffer::~RowBuffer() = default;
RowBuffer::RowBuffer(RowBuffer&&) noexcept = default;
RowBuffer& RowBuffer::operator=(RowBuffer&&) noexcept = default;

void RowBuffer::append(const FlowBatch& batch, std::span<const std::uint64_t> flows) {
  append_rows(*impl_, batch, flows);
}

std::size_t RowBuffer::rows() const { return impl_->rows; }
TimeRange RowBuffer::times() const { return impl_->times; }
std::uint64_t RowBuffer::clamped() const { return impl_->clamped; }

std::size_t RowBuffer::memory() const {
  std::size_t sum = sizeof(Impl) + impl_->addresses.memory() + impl_->extras.memory() + impl_->extras_ends.memory();
  for (const BufferColumn& column : impl_->columns) {
    sum += column.narrow.memory() + column.wide.memory() + column.present.memory();
  }
  for (const auto& table : impl_->texts) sum += table ? table->memory() : 0;
  return sum;
}

void RowBuffer::clear() {
  for (BufferColumn& column : impl_->columns) {
    column.used = column.mixed = false;
    column.narrow.clear();
    column.wide.clear();
    column.present.clear();
  }
  for (const auto& table : impl_->texts) {
    if (table) table->clear();
  }
  impl_->addresses.clear();
  impl_->extras.clear();
  impl_->extras_ends.clear();
  impl_->rows = 0;
  impl_->clamped = 0;
  impl_->times = TimeRange::none();
}

}  // namespace weir
