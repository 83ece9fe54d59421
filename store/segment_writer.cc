#include "store/segment_writer.h"

#include <algorithm>
#include <array>
#include <memory>

#include "store/code_sorter.h"
#include "store/relations.h"
#include "store/row_buffer_impl.h"
#include "store/segment_builder.h"
#include "store/totals.h"

namespace weir {
namespace {

// Memory that is kept from one frame to the next.
struct Memory {
  BuilderMemory builder;
  CodeSorter addresses;
  std::array<std::unique_ptr<CodeSorter>, kColumnCount> texts;

  CodeSorter& text(ColumnId id) {
    auto& sorter = texts[static_cast<std::size_t>(id)];
    if (!sorter) sorter = std::make_unique<CodeSorter>();
    return *sorter;
  }
};

// The rows of a buffer that go into a segment: a stretch of it, or a copy of those within the times.
class Selection {
 public:
  Selection(const RowBuffer::Impl& buffer, std::size_t first, std::size_t count, const TimeRange& times);

  std::size_t rows() const { return rows_; }
  // Whether every provisional code of a column stands in some row: nothing of the buffer is left out, here or where a
  // row's value did not count.
  bool has_all_codes(ColumnId id) const { return rows_ == buffer_.rows && !buffer_.column(id).mixed; }
  bool has(ColumnId id) const { return buffer_.column(id).used; }
  const std::uint32_t* narrow(ColumnId id) { return pick(id, buffer_.column(id).narrow, narrow_); }
  const std::uint64_t* wide(ColumnId id) { return pick(id, buffer_.column(id).wide, wide_); }
  const std::uint8_t* present(ColumnId id) {
    return buffer_.column(id).mixed ? pick(id, buffer_.column(id).present, present_) : nullptr;
  }
  ExtrasView extras();

 private:
  template <typename T>
  using Copies = std::array<std::vector<T>, kColumnCount>;

  template <typename T>
  const T* pick(ColumnId id, const PodVector<T>& values, Copies<T>& copies) {
    if (picks_.empty()) return values.data() + first_;
    std::vector<T>& copy = copies[static_cast<std::size_t>(id)];
    if (copy.empty()) {
      copy.reserve(rows_);
      for (const std::uint32_t row : picks_) copy.push_back(values[row]);
    }
    return copy.data();
  }

  const RowBuffer::Impl& buffer_;
  std::size_t first_;
  std::size_t rows_;
  std::vector<std::uint32_t> picks_;  // empty: all from first_ on
  Copies<std::uint32_t> narrow_;
  Copies<std::uint64_t> wide_;
  Copies<std::uint8_t> present_;
  std::vector<std::uint64_t> extras_ends_;
  std::vector<std::uint8_t> extras_;
};

Selection::Selection(const RowBuffer::Impl& buffer, std::size_t first, std::size_t count, const TimeRange& times)
    : buffer_(buffer), first_(first), rows_(count) {
  if (count == 0 || times.contains(buffer.times)) return;
  const std::uint64_t* time = buffer.column(kTimeColumn).wide.data();
  for (std::size_t row = first; row < first + count; ++row) {
    if (times.contains(time[row])) picks_.push_back(static_cast<std::uint32_t>(row));
  }
  rows_ = picks_.size();
  if (rows_ == count) picks_.clear();
}

ExtrasView Selection::extras() {
  const auto start_of = [&](std::size_t row) { return row == 0 ? 0 : buffer_.extras_ends[row - 1]; };
  if (picks_.empty()) return {buffer_.extras_ends.data() + first_, buffer_.extras.data(), start_of(first_)};
  for (const std::uint32_t row : picks_) {
    extras_.insert(extras_.end(), buffer_.extras.data() + start_of(row),
                   buffer_.extras.data() + buffer_.extras_ends[row]);
    extras_ends_.push_back(extras_.size());
  }
  return {extras_ends_.data(), extras_.data(), 0};
}

bool is_origin(ColumnId id) {
  const auto index = static_cast<std::size_t>(id);
  return index < kFieldCount && kFields[index].home == FieldHome::kOrigin;
}

void add_totals(Selection& rows, const RowBuffer::Impl& buffer, Totals& totals) {
  const auto wide = [&](ColumnId id) { return rows.has(id) ? rows.wide(id) : nullptr; };
  const auto narrow = [&](FieldId id) { return rows.has(column_of(id)) ? rows.narrow(column_of(id)) : nullptr; };
  const auto present = [&](FieldId id) { return rows.has(column_of(id)) ? rows.present(column_of(id)) : nullptr; };
  const TotalsRows columns{.count = rows.rows(),
                           .time = rows.wide(kTimeColumn),
                           .flows = wide(kFlowsColumn),
                           .bytes = wide(column_of(FieldId::bytes)),
                           .packets = wide(column_of(FieldId::packets)),
                           .reverse_bytes = wide(column_of(FieldId::reverse_bytes)),
                           .reverse_packets = wide(column_of(FieldId::reverse_packets)),
                           .exporter = narrow(FieldId::sampler_address),
                           .host = narrow(FieldId::host),
                           .in_if = narrow(FieldId::in_if),
                           .out_if = narrow(FieldId::out_if),
                           .in_if_name = narrow(FieldId::in_if_name),
                           .out_if_name = narrow(FieldId::out_if_name),
                           .direction = narrow(FieldId::flow_direction),
                           .has_in_if = present(FieldId::in_if),
                           .has_out_if = present(FieldId::out_if),
                           .has_direction = present(FieldId::flow_direction)};
  const auto text = [&](FieldId id) {
    return [&buffer, id](std::uint32_t code) { return buffer.text(column_of(id)).bytes(code); };
  };
  totals.add(columns, {.exporter = [&](std::uint32_t code) { return buffer.addresses.address(code); },
                       .host = text(FieldId::host),
                       .in_if_name = text(FieldId::in_if_name),
                       .out_if_name = text(FieldId::out_if_name)});
}

void use_addresses(Selection& rows, const RowBuffer::Impl& buffer, CodeSorter& sorter) {
  std::vector<ColumnId> columns;
  for (const ColumnInfo& info : kColumns) {
    if (info.kind == ColumnKind::kAddress && rows.has(info.id)) columns.push_back(info.id);
  }
  if (std::ranges::all_of(columns, [&](ColumnId id) { return rows.has_all_codes(id); })) {
    return sorter.use_all(buffer.addresses.size());
  }
  for (const ColumnId id : columns) sorter.use({rows.narrow(id), rows.rows()});
}

}  // namespace

std::string encode_segment(const RowBuffer& buffer, std::size_t first, std::size_t count,
                           const SegmentOptions& options) {
  const RowBuffer::Impl& b = buffer.impl();
  Selection rows(b, first, count, options.times);
  if (rows.rows() == 0) return {};

  thread_local Memory memory;
  memory.addresses.begin(b.addresses.size());
  use_addresses(rows, b, memory.addresses);
  const std::string addresses = memory.addresses.finish(b.addresses);

  SegmentBuilder builder(rows.rows(), options.effort, memory.builder);
  for (const ColumnId id : relations::kWriteOrder) {
    if (!rows.has(id)) continue;
    const ColumnKind kind = column_info(id).kind;
    if (kind == ColumnKind::kExtras) {
      builder.add_extras(rows.extras());
      continue;
    }
    ColumnView view{.id = id, .present = rows.present(id)};
    std::string dictionary;
    if (kind == ColumnKind::kWide) {
      view.wide = rows.wide(id);
    } else {
      view.narrow = rows.narrow(id);
    }
    if (kind == ColumnKind::kAddress) view.codes = memory.addresses.ranks();
    if (kind == ColumnKind::kBytes) {
      CodeSorter& sorter = memory.text(id);
      sorter.begin(b.text(id).size());
      if (rows.has_all_codes(id)) {
        sorter.use_all(b.text(id).size());
      } else {
        sorter.use({view.narrow, rows.rows()});
      }
      dictionary = sorter.finish(b.text(id));
      view.codes = sorter.ranks();
    }
    // An origin's address or name is absent where there is none; its numbers always have a value.
    if (is_origin(id) && view.codes != nullptr) view.all = false;
    builder.add(view, std::move(dictionary));
  }

  SegmentSummary summary;
  summary.id = options.id;
  summary.tier = options.tier;
  summary.rows = static_cast<std::uint32_t>(rows.rows());
  summary.journal_first = options.journal_first;
  summary.journal_last = options.journal_last;
  summary.replaces = options.replaces;
  Totals totals;
  add_totals(rows, b, totals);
  totals.finish(summary);
  return builder.finish(std::move(summary), addresses);
}

}  // namespace weir
