#include "store/segment.h"

#include <algorithm>

#include "store/column_reader.h"
#include "store/row_buffer.h"
#include "store/scratch.h"

namespace weir {

Scratch::Scratch() : impl_(std::make_unique<Impl>()) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
std::uint64_t Scratch::bytes_read() const { return impl_->bytes_read; }

Segment::Segment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Segment::~Segment() = default;

Result<std::unique_ptr<Segment::Impl>> Segment::Impl::make(SegmentSource source, std::string name) {
  auto impl = std::make_unique<Impl>();
  impl->source = std::move(source);
  impl->name = std::move(name);
  auto footer = read_footer(impl->source);
  if (!footer) return fail(impl->name + ": " + footer.error().message);
  impl->footer = std::move(*footer);
  for (ColumnEntry& entry : impl->footer.columns) {
    auto column = std::make_unique<Column>();
    column->entry = std::move(entry);
    column->place = impl->columns.size();
    if (const auto id = find_column(column->entry.name)) {
      const Column*& known = impl->by_id[static_cast<std::size_t>(*id)];
      if (known != nullptr) return impl->damaged("column " + column->entry.name, "stands there twice");
      if (disk_kind(column_info(*id).kind) != column->entry.kind) {
        return impl->damaged("column " + column->entry.name, "is of another kind");
      }
      known = column.get();
    }
    impl->columns.push_back(std::move(column));
  }
  if (impl->column(kTimeColumn) == nullptr) return impl->damaged("footer", "there is no column time");
  return impl;
}

Result<std::shared_ptr<const Segment>> Segment::open(const std::filesystem::path& path) {
  auto source = SegmentSource::open(path);
  if (!source) return fail(path.string() + ": " + source.error().message);
  auto impl = Impl::make(std::move(*source), path.string());
  if (!impl) return std::unexpected(impl.error());
  return std::shared_ptr<const Segment>(new Segment(std::move(*impl)));
}

Result<std::shared_ptr<const Segment>> Segment::from_image(std::string image, std::string name) {
  auto impl = Impl::make(SegmentSource::memory(std::move(image)), std::move(name));
  if (!impl) return std::unexpected(impl.error());
  return std::shared_ptr<const Segment>(new Segment(std::move(*impl)));
}

const std::string& Segment::name() const { return impl_->name; }
const SegmentSummary& Segment::summary() const { return impl_->footer.summary; }
std::uint64_t Segment::size_on_disk() const { return impl_->source.size(); }
unsigned Segment::blocks() const { return impl_->blocks(); }
std::size_t Segment::rows_in(unsigned block) const { return impl_->rows_in(block); }
bool Segment::has(ColumnId column) const { return impl_->column(column) != nullptr; }

std::uint64_t Segment::column_size(ColumnId id) const {
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return 0;
  const ColumnEntry& e = column->entry;
  return e.pages.length + e.directory.length + e.dictionary.length + e.table.length;
}

Result<std::span<const Zone>> Segment::zones(ColumnId id) const {
  static const std::array<Zone, RowBuffer::kMaxRows / kBlockRows + 1> kNoZones{};
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return std::span(kNoZones).first(blocks());
  const auto directory = impl_->directory(*column);
  if (!directory) return std::unexpected(directory.error());
  return (*directory)->zones;
}

namespace {

// Of a column that is absent in every row.
template <typename T>
void fill_absent(std::size_t count, T* out) {
  std::fill_n(out, count, T{0});
}

}  // namespace

Result<void> Segment::read(ColumnId id, unsigned block, Scratch& scratch, std::uint32_t* out) const {
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return fill_absent(rows_in(block), out), Result<void>();
  return impl_->values(*column, block, {}, scratch, out, 0);
}

Result<void> Segment::read(ColumnId id, unsigned block, Scratch& scratch, std::uint64_t* out) const {
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return fill_absent(rows_in(block), out), Result<void>();
  return impl_->values(*column, block, {}, scratch, out, 0);
}

Result<void> Segment::gather(ColumnId id, unsigned block, std::span<const std::uint16_t> picks, Scratch& scratch,
                             std::uint32_t* out) const {
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return fill_absent(picks.size(), out), Result<void>();
  return impl_->values(*column, block, picks, scratch, out, 0);
}

Result<void> Segment::gather(ColumnId id, unsigned block, std::span<const std::uint16_t> picks, Scratch& scratch,
                             std::uint64_t* out) const {
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return fill_absent(picks.size(), out), Result<void>();
  return impl_->values(*column, block, picks, scratch, out, 0);
}

Result<void> Segment::read_presence(ColumnId id, unsigned block, Scratch& scratch, std::uint8_t* out) const {
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return fill_absent(rows_in(block), out), Result<void>();
  return impl_->presence(*column, block, scratch, out, 0);
}

Result<void> Segment::read_extras(unsigned block, Scratch& scratch, ExtrasBlock& out) const {
  const Impl::Column* column = impl_->column(kExtrasColumn);
  if (column != nullptr) return impl_->extras(*column, block, scratch, out);
  out.offsets.assign(rows_in(block) + 1, 0);
  out.bytes.clear();
  return {};
}

Result<const AddressDictionary*> Segment::addresses() const { return impl_->read_addresses(); }

Result<const BytesDictionary*> Segment::dictionary(ColumnId id) const {
  static const BytesDictionary kEmpty;
  const Impl::Column* column = impl_->column(id);
  if (column == nullptr) return &kEmpty;
  return impl_->dictionary(*column);
}

Result<void> Segment::verify() const {
  if (const auto addresses = impl_->read_addresses(); !addresses) return std::unexpected(addresses.error());
  Scratch scratch;
  for (const auto& column : impl_->columns) {
    if (auto done = impl_->verify(*column, scratch); !done) return done;
  }
  return {};
}

}  // namespace weir
