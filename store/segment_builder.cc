#include "store/segment_builder.h"

#include <zstd.h>

#include <algorithm>
#include <stdexcept>

#include "base/crc32c.h"
#include "store/bit_pack.h"
#include "store/page_format.h"

namespace weir {
namespace {

// Columns that tend to lie a little before or after another.
struct Relative {
  ColumnId column;
  ColumnId base;
  bool minus;
};
constexpr Relative kRelatives[] = {
    {kTimeColumn, column_of(FieldId::time_flow_end_ns), true},
    {kTimeColumn, column_of(FieldId::time_received_ns), true},
    {column_of(FieldId::time_flow_start_ns), column_of(FieldId::time_flow_end_ns), true},
    {column_of(FieldId::time_flow_end_ns), column_of(FieldId::time_received_ns), true},
    {column_of(FieldId::reverse_time_flow_start_ns), column_of(FieldId::time_flow_start_ns), false},
    {column_of(FieldId::reverse_time_flow_end_ns), column_of(FieldId::time_flow_end_ns), true},
};

// Those that others lean on come first.
constexpr auto kWriteOrder = [] {
  constexpr ColumnId kFirst[] = {column_of(FieldId::sampler_address),
                                 column_of(FieldId::src_addr),
                                 column_of(FieldId::dst_addr),
                                 column_of(FieldId::time_received_ns),
                                 column_of(FieldId::time_flow_end_ns),
                                 column_of(FieldId::time_flow_start_ns),
                                 column_of(FieldId::proto),
                                 column_of(FieldId::in_if),
                                 column_of(FieldId::out_if)};
  std::array<ColumnId, kColumnCount> order{};
  auto end = std::ranges::copy(kFirst, order.begin()).out;
  for (std::size_t i = 0; i < kColumnCount; ++i) {
    const ColumnId id{static_cast<std::uint8_t>(i)};
    if (std::ranges::find(kFirst, id) == std::end(kFirst)) *end++ = id;
  }
  return order;
}();

std::size_t index_of(ColumnId id) { return static_cast<std::size_t>(id); }

// The presence that takes least to tell.
template <typename T>
Presence presence_of(const ColumnView& column, const T* values, const std::uint8_t* present, std::size_t count) {
  if (present == nullptr) {
    if (column.all) return Presence::kAll;
    const auto zeros = static_cast<std::size_t>(std::count(values, values + count, T{0}));
    return zeros == 0 ? Presence::kAll : zeros == count ? Presence::kNone : Presence::kNotZero;
  }
  std::size_t sum = 0, unlike = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += present[i];
    unlike += present[i] != (values[i] != 0);
  }
  if (sum == count) return Presence::kAll;
  if (sum == 0) return Presence::kNone;
  return unlike == 0 ? Presence::kNotZero : Presence::kWritten;
}

}  // namespace

std::span<const ColumnId> write_order() { return kWriteOrder; }

SegmentBuilder::SegmentBuilder(std::size_t rows, Effort effort) : rows_(rows), effort_(effort), ints_(effort) {
  image_ = kSegmentHeader;
}

SegmentBuilder::Block SegmentBuilder::block(std::size_t index) const {
  const std::size_t first = index * kBlockRows;
  return {first, std::min(kBlockRows, rows_ - first)};
}

bool SegmentBuilder::needs(ColumnId column) {
  return std::ranges::find(kRelatives, column, &Relative::base) != std::end(kRelatives);
}

void SegmentBuilder::put_part(Part& part, const std::string& content) {
  part = {image_.size(), content.size(), crc32c(as_bytes(content))};
  image_ += content;
}

void SegmentBuilder::end_page(PageEntry page, std::string& directory) {
  if (page_.size() > UINT32_MAX) throw std::length_error("a page exceeds 4 GiB");
  page.length = static_cast<std::uint32_t>(page_.size());
  page.crc = crc32c(as_bytes(page_));
  image_ += page_;
  put_page_entry(directory, page);
}

void SegmentBuilder::add(const ColumnView& column, std::string dictionary) {
  const ColumnInfo& info = column_info(column.id);
  ColumnEntry entry;
  entry.name = info.name;
  entry.kind = disk_kind(info.kind);
  entry.pages.offset = image_.size();
  std::string directory;
  bool any = false;
  for (std::size_t first = 0; first < rows_; first += kBlockRows) {
    const Block b = block(first / kBlockRows);
    const std::size_t before = directory.size();
    if (column.wide != nullptr) {
      add_page(column, column.wide + b.first, b, directory);
    } else if (column.codes == nullptr) {
      add_page(column, column.narrow + b.first, b, directory);
    } else {
      narrow_.resize(b.count);
      for (std::size_t i = 0; i < b.count; ++i) narrow_[i] = column.codes[column.narrow[b.first + i]];
      add_page(column, narrow_.data(), b, directory);
    }
    any |= directory[before] != static_cast<char>(Presence::kNone);
  }
  if (!any) return image_.resize(entry.pages.offset);
  entry.pages.length = image_.size() - entry.pages.offset;
  put_part(entry.directory, directory);
  if (!dictionary.empty()) put_part(entry.dictionary, dictionary);
  footer_.columns.push_back(std::move(entry));
  places_[index_of(column.id)] = static_cast<std::uint16_t>(footer_.columns.size());
  views_[index_of(column.id)] = column;
}

template <typename T>
void SegmentBuilder::add_page(const ColumnView& column, const T* values, const Block& block, std::string& directory) {
  const auto [min, max] = std::minmax_element(values, values + block.count);
  const std::uint8_t* present = column.present == nullptr ? nullptr : column.present + block.first;
  PageEntry page;
  page.zone = {*min, *max};
  page.presence = presence_of(column, values, present, block.count);
  page_.clear();
  if (page.presence == Presence::kWritten) {
    other_.clear();
    std::vector<std::uint32_t> bits(present, present + block.count);
    ints_.encode<std::uint32_t>(bits, other_);
    put_text(page_, other_);
  }
  if (*min != *max) put_values<T>(column, {values, block.count}, block, page_);
  end_page(page, directory);
}

template <typename T>
void SegmentBuilder::put_values(const ColumnView& column, std::span<const T> values, const Block& block,
                                std::string& page) {
  if constexpr (sizeof(T) == 8) {
    if (put_difference(column, values, block, page)) return;
  }
  ints_.encode<T>(values, page);
}

// True when it was worth while.
bool SegmentBuilder::put_difference(const ColumnView& column, std::span<const std::uint64_t> values, const Block& block,
                                    std::string& page) {
  const std::size_t start = page.size();
  bool done = false;
  for (const Relative& relative : kRelatives) {
    const std::size_t place = places_[index_of(relative.base)];
    if (relative.column != column.id || place == 0) continue;
    const std::uint64_t* base = views_[index_of(relative.base)].wide + block.first;
    wide_.resize(values.size());
    std::uint64_t least = UINT64_MAX;  // as signed numbers
    constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
    for (std::size_t i = 0; i < values.size(); ++i) {
      wide_[i] = relative.minus ? base[i] - values[i] : values[i] - base[i];
      least = std::min(least, wide_[i] ^ kSign);
    }
    least ^= kSign;
    for (std::uint64_t& v : wide_) v -= least;
    other_.clear();
    put_u8(other_, kDifferenceForm);
    put_varint(other_, place - 1);
    put_u8(other_, relative.minus ? 1 : 0);
    put_varint(other_, zigzag(least));
    ints_.encode<std::uint64_t>(wide_, other_);
    if (!done) {
      ints_.encode(values, page);
      done = true;
    }
    if (other_.size() < page.size() - start) {
      page.resize(start);
      page += other_;
    }
  }
  return done;
}

void SegmentBuilder::add_extras(const ExtrasView& extras) {
  ColumnEntry entry;
  entry.name = column_info(kExtrasColumn).name;
  entry.kind = DiskKind::kExtras;
  entry.pages.offset = image_.size();
  std::string directory;
  for (std::size_t first = 0; first < rows_; first += kBlockRows) {
    const Block b = block(first / kBlockRows);
    const std::uint64_t start = b.first == 0 ? extras.start : extras.ends[b.first - 1];
    const std::uint64_t size = extras.ends[b.first + b.count - 1] - start;
    narrow_.resize(b.count);
    std::uint64_t last = start;
    for (std::size_t i = 0; i < b.count; ++i) {
      narrow_[i] = static_cast<std::uint32_t>(extras.ends[b.first + i] - last);
      last = extras.ends[b.first + i];
    }
    PageEntry page;
    const auto [min, max] = std::ranges::minmax(narrow_);
    page.zone = {min, max};
    page.presence = max == 0 ? Presence::kNone : min > 0 ? Presence::kAll : Presence::kNotZero;
    page_.clear();
    if (max > 0) {
      ints_.encode<std::uint32_t>(narrow_, page_);
      std::string packed;
      if (effort_ == Effort::kSmall) {
        packed.resize(ZSTD_compressBound(size));
        const std::size_t got = ZSTD_compress(packed.data(), packed.size(), extras.bytes + start, size, 1);
        packed.resize(ZSTD_isError(got) != 0 ? 0 : got);
      }
      const bool use = !packed.empty() && packed.size() < size / 8 * 7 && size / 32 < packed.size();
      put_u8(page_, use ? kExtrasZstd : kExtrasRaw);
      put_varint(page_, size);
      if (use) {
        page_ += packed;
      } else {
        page_.append(reinterpret_cast<const char*>(extras.bytes + start), size);
      }
    }
    end_page(page, directory);
  }
  entry.pages.length = image_.size() - entry.pages.offset;
  if (entry.pages.length == 0) return;
  put_part(entry.directory, directory);
  footer_.columns.push_back(std::move(entry));
}

std::string SegmentBuilder::finish(SegmentSummary summary, const std::string& addresses) {
  footer_.summary = std::move(summary);
  put_part(footer_.addresses, addresses);
  const std::string footer = encode_footer(footer_);
  const Trailer trailer{image_.size(), static_cast<std::uint32_t>(footer.size()), crc32c(as_bytes(footer))};
  image_ += footer;
  image_ += encode_trailer(trailer);
  return std::move(image_);
}

}  // namespace weir
