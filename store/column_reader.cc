#include "store/column_reader.h"

#include <algorithm>

#include "store/dictionary_coding.h"
#include "store/extras_coding.h"
#include "store/measure.h"
#include "store/row_buffer.h"
#include "store/scratch.h"

namespace weir {
namespace {

constexpr std::size_t kAddressColumns = 8;

}  // namespace

unsigned Segment::Impl::blocks() const {
  return static_cast<unsigned>((footer.summary.rows + kBlockRows - 1) / kBlockRows);
}

std::size_t Segment::Impl::rows_in(unsigned block) const {
  return std::min(kBlockRows, footer.summary.rows - block * kBlockRows);
}

std::unexpected<Error> Segment::Impl::damaged(std::string_view where, const std::string& what) const {
  return fail(name + ": " + std::string(where) + ": " + what);
}

Result<const Directory*> Segment::Impl::directory(const Column& column) const {
  return column.directory.get([&]() -> Result<Directory> {
    const std::string where = "page directory of column " + column.entry.name;
    std::vector<std::uint8_t> buffer;
    const auto bytes = source.read(column.entry.directory, buffer);
    if (!bytes) return damaged(where, bytes.error().message);
    auto pages = decode_directory(*bytes, column.entry, blocks());
    if (!pages) return damaged(where, pages.error().message);
    const auto most = limit(column);
    if (!most) return std::unexpected(most.error());
    Directory directory{std::move(*pages), {}};
    for (const PageEntry& page : directory.pages) {
      if (page.zone.max > *most) return damaged(where, "values that the column cannot have");
      directory.zones.push_back(page.zone);
    }
    return directory;
  });
}

Result<std::uint64_t> Segment::Impl::limit(const Column& column) const {
  switch (column.entry.kind) {
    case DiskKind::kNumber: {
      const auto id = find_column(column.entry.name);
      return id && column_info(*id).kind == ColumnKind::kNarrow ? UINT32_MAX : UINT64_MAX;
    }
    case DiskKind::kAddress: {
      const auto codes = read_addresses();
      if (!codes) return std::unexpected(codes.error());
      return (*codes)->size();
    }
    case DiskKind::kBytes: {
      const auto codes = dictionary(column);
      if (!codes) return std::unexpected(codes.error());
      return (*codes)->size();
    }
    case DiskKind::kExtras: break;
  }
  return UINT32_MAX;
}

Result<const AddressDictionary*> Segment::Impl::read_addresses() const {
  return addresses.get([&]() -> Result<AddressDictionary> {
    std::vector<std::uint8_t> buffer;
    const auto bytes = source.read(footer.addresses, buffer);
    if (!bytes) return damaged("address dictionary", bytes.error().message);
    auto dictionary = decode_addresses(*bytes, footer.summary.rows * kAddressColumns);
    if (!dictionary) return damaged("address dictionary", dictionary.error().message);
    return dictionary;
  });
}

Result<const BytesDictionary*> Segment::Impl::dictionary(const Column& column) const {
  return column.dictionary.get([&]() -> Result<BytesDictionary> {
    if (column.entry.dictionary.length == 0) return BytesDictionary();
    const std::string where = "dictionary of column " + column.entry.name;
    std::vector<std::uint8_t> buffer;
    const auto bytes = source.read(column.entry.dictionary, buffer);
    if (!bytes) return damaged(where, bytes.error().message);
    auto dictionary = decode_bytes(*bytes);
    if (!dictionary) return damaged(where, dictionary.error().message);
    return dictionary;
  });
}

Result<Bytes> Segment::Impl::page(const PageEntry& entry, Scratch& scratch, unsigned depth) const {
  if (depth > kMaxColumnDepth) return fail("columns lean on each other too deeply");
  scratch.impl().bytes_read += entry.length;
  return source.read({entry.offset, entry.length, entry.crc}, scratch.impl().levels[depth].page);
}

template <typename T>
Result<void> Segment::Impl::values(const Column& column, unsigned block, Picks picks, Scratch& scratch, T* out,
                                   unsigned depth) const {
  const auto directory = this->directory(column);
  if (!directory) return std::unexpected(directory.error());
  const PageEntry& entry = (*directory)->pages[block];
  const std::size_t count = picks ? picks->size() : rows_in(block);
  if (entry.zone.min == entry.zone.max || count == 0) {
    std::fill_n(out, count, static_cast<T>(entry.zone.min));
    return {};
  }
  const auto bytes = page(entry, scratch, depth);
  if (!bytes) return damaged(page_name(column.entry, block), bytes.error().message);
  WireReader in(*bytes);
  if (entry.presence >= Presence::kWritten) in.text();
  if (auto done = form(column, block, picks, in, scratch, out, depth); !done) return done;
  // Codes are looked up without a further check.
  const bool codes = column.entry.kind == DiskKind::kAddress || column.entry.kind == DiskKind::kBytes;
  if (codes && measure(std::span<const T>(out, count)).max > entry.zone.max) {
    return damaged(page_name(column.entry, block), "codes beyond the largest");
  }
  return {};
}

Result<void> Segment::Impl::presence(const Column& column, unsigned block, Scratch& scratch, std::uint8_t* out,
                                     unsigned depth) const {
  const auto directory = this->directory(column);
  if (!directory) return std::unexpected(directory.error());
  const PageEntry& entry = (*directory)->pages[block];
  const std::size_t rows = rows_in(block);
  Scratch::Impl::Level& level = scratch.impl().levels[depth];
  const auto malformed = [&] { return damaged(page_name(column.entry, block), "malformed page"); };
  switch (entry.presence) {
    case Presence::kAll: std::fill_n(out, rows, std::uint8_t{1}); return {};
    case Presence::kNone: std::fill_n(out, rows, std::uint8_t{0}); return {};
    case Presence::kNotZero: {
      level.shown.resize(kBlockRows);
      if (auto done = values(column, block, {}, scratch, level.shown.data(), depth); !done) return done;
      for (std::size_t i = 0; i < rows; ++i) out[i] = level.shown[i] != 0;
      return {};
    }
    case Presence::kWritten:
    case Presence::kLike: break;
  }
  const auto bytes = page(entry, scratch, depth);
  if (!bytes) return damaged(page_name(column.entry, block), bytes.error().message);
  WireReader whole(*bytes);
  WireReader in(as_bytes(whole.text()));
  if (entry.presence == Presence::kLike) {
    const std::uint64_t like = in.varint();
    if (!in.done() || whole.failed() || like >= column.place || depth == kMaxColumnDepth) return malformed();
    if (columns[like]->entry.kind == DiskKind::kExtras) return malformed();
    return presence(*columns[like], block, scratch, out, depth + 1);
  }
  level.narrow.resize(kBlockRows);
  if (whole.failed() || !level.ints.decode(in, rows, level.narrow.data()) || !in.done()) return malformed();
  for (std::size_t i = 0; i < rows; ++i) out[i] = level.narrow[i] != 0;
  return {};
}

Result<void> Segment::Impl::extras(const Column& column, unsigned block, Scratch& scratch, ExtrasBlock& out) const {
  const std::size_t rows = rows_in(block);
  out.offsets.assign(rows + 1, 0);
  out.bytes.clear();
  const auto directory = this->directory(column);
  if (!directory) return std::unexpected(directory.error());
  const PageEntry& entry = (*directory)->pages[block];
  if (entry.length == 0) return {};
  const auto bytes = page(entry, scratch, 0);
  if (!bytes) return damaged(page_name(column.entry, block), bytes.error().message);
  const auto malformed = [&] { return damaged(page_name(column.entry, block), "malformed page"); };
  WireReader in(*bytes);
  if (!scratch.impl().levels[0].ints.decode(in, rows, out.offsets.data() + 1)) return malformed();
  std::uint64_t sum = 0;
  for (std::uint32_t& offset : out.offsets) {
    sum += offset;
    if (sum > UINT32_MAX) return malformed();
    offset = static_cast<std::uint32_t>(sum);
  }
  const unsigned method = in.u8();
  const std::uint64_t size = in.varint(expansion_limit(bytes->size()));
  if (in.failed() || size != sum || method > kExtrasZstd) return malformed();
  const Bytes stored = in.bytes(in.remaining());
  if (method == kExtrasRaw) {
    if (stored.size() != size) return malformed();
    out.bytes.assign(stored.begin(), stored.end());
    return {};
  }
  out.bytes.resize(size);
  const std::size_t got =
      ZSTD_decompressDCtx(scratch.impl().decompressor(), out.bytes.data(), size, stored.data(), stored.size());
  if (ZSTD_isError(got) != 0 || got != size) return malformed();
  return {};
}

Result<void> Segment::Impl::verify(const Column& column, Scratch& scratch) const {
  const auto directory = this->directory(column);
  if (!directory) return std::unexpected(directory.error());
  std::vector<std::uint64_t> values(kBlockRows);
  std::vector<std::uint8_t> present(kBlockRows);
  ExtrasBlock extras;
  for (unsigned block = 0; block < blocks(); ++block) {
    const std::size_t rows = rows_in(block);
    if (column.entry.kind == DiskKind::kExtras) {
      if (auto done = this->extras(column, block, scratch, extras); !done) return done;
      values.assign(kBlockRows, 0);
      for (std::size_t i = 0; i < rows; ++i) {
        values[i] = extras.offsets[i + 1] - extras.offsets[i];
        if (!extras_size(Bytes(extras.bytes).subspan(extras.offsets[i], values[i]))) {
          return damaged(page_name(column.entry, block), "malformed extras");
        }
      }
    } else {
      if (auto done = this->values(column, block, {}, scratch, values.data(), 0); !done) return done;
      if (auto done = presence(column, block, scratch, present.data(), 0); !done) return done;
      for (std::size_t i = 0; i < rows; ++i) {
        if (present[i] == 0 && values[i] != 0) return damaged(page_name(column.entry, block), "an absent value");
      }
    }
    const auto [min, max] = std::minmax_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rows));
    const Zone& zone = (*directory)->zones[block];
    if (*min != zone.min || *max != zone.max) return damaged(page_name(column.entry, block), "wrong zone map");
  }
  return {};
}

template Result<void> Segment::Impl::values(const Column&, unsigned, Picks, Scratch&, std::uint32_t*, unsigned) const;
template Result<void> Segment::Impl::values(const Column&, unsigned, Picks, Scratch&, std::uint64_t*, unsigned) const;

}  // namespace weir
