#include "store/segment_builder.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "base/crc32c.h"
#include "store/bit_pack.h"
#include "store/leader_table.h"
#include "store/page_format.h"
#include "store/powers.h"

namespace weir {
namespace {

std::size_t index_of(ColumnId id) { return static_cast<std::size_t>(id); }

// The presence that takes least to tell.
template <typename T>
Presence presence_of(const ColumnView& column, std::span<const T> values, const Shape<T>& shape,
                     const std::uint8_t* present) {
  if (present == nullptr) {
    if (column.all || shape.min > 0) return Presence::kAll;
    return shape.max == 0 ? Presence::kNone : Presence::kNotZero;
  }
  const PresenceCount count = count_presence(values, present);
  if (count.present == values.size()) return Presence::kAll;
  if (count.present == 0) return Presence::kNone;
  return count.unlike == 0 ? Presence::kNotZero : Presence::kWritten;
}

// The unit that nearly all times are whole multiples of, as a power of ten.
unsigned common_exponent(std::span<const std::uint64_t> times) {
  const std::size_t step = std::max<std::size_t>(times.size() / 32, 1);
  for (const unsigned exponent : {9U, 6U, 3U}) {
    std::size_t tried = 0, whole = 0;
    for (std::size_t i = 0; i < times.size(); i += step, ++tried) whole += times[i] % power_of_ten(exponent) == 0;
    if (whole * 8 >= tried * 7) return exponent;
  }
  return 0;
}

}  // namespace

SegmentBuilder::SegmentBuilder(std::size_t rows, Effort effort, BuilderMemory& memory)
    : rows_(rows),
      effort_(effort),
      ints_(memory.ints),
      page_(memory.page),
      other_(memory.other),
      narrow_(memory.narrow),
      wide_(memory.wide),
      gaps_(memory.gaps) {
  ints_.set_effort(effort);
  image_.reserve(4096 + rows * 16);
  image_ = kSegmentHeader;
}

SegmentBuilder::Block SegmentBuilder::block(std::size_t index) const {
  const std::size_t first = index * kBlockRows;
  return {first, std::min(kBlockRows, rows_ - first)};
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

void SegmentBuilder::add(const ColumnView& given, std::string dictionary) {
  ColumnView column = given;
  const ColumnInfo& info = column_info(column.id);
  ColumnEntry entry;
  entry.name = info.name;
  entry.kind = disk_kind(info.kind);
  entry.pages.offset = image_.size();
  if (column.codes != nullptr) {
    std::vector<std::uint32_t>& coded = relations::is_leaned_on(column.id) ? coded_[index_of(column.id)] : narrow_;
    coded.resize(rows_);
    for (std::size_t i = 0; i < rows_; ++i) coded[i] = column.codes[column.narrow[i]];
    column.narrow = coded.data();
    column.codes = nullptr;
  }
  std::string directory;
  if (column.wide != nullptr) {
    add_pages(column, column.wide, entry, directory);
  } else {
    add_pages(column, column.narrow, entry, directory);
  }
  if (directory.empty()) return;
  if (!dictionary.empty()) put_part(entry.dictionary, dictionary);
  if (!table_.empty()) put_part(entry.table, table_);
  footer_.columns.push_back(std::move(entry));
  places_[index_of(column.id)] = static_cast<std::uint16_t>(footer_.columns.size());
  views_[index_of(column.id)] = column;
}

// Leaves `directory` empty when no row has a value.
template <typename T>
void SegmentBuilder::add_pages(const ColumnView& column, const T* values, ColumnEntry& entry, std::string& directory) {
  std::optional<Leading<T>> leading;
  table_.clear();
  habits_ = {};
  if (effort_ == Effort::kSmall) leading = find_leader(column, values, table_);
  bool any = false;
  for (std::size_t first = 0; first < rows_; first += kBlockRows) {
    const std::size_t before = directory.size();
    add_page(column, values + first, block(first / kBlockRows), leading ? &*leading : nullptr, directory);
    any |= directory[before] != static_cast<char>(Presence::kNone);
  }
  if (!any) {
    directory.clear();
    return;
  }
  entry.pages.length = image_.size() - entry.pages.offset;
  put_part(entry.directory, directory);
}

template <typename T>
void SegmentBuilder::add_page(const ColumnView& column, const T* first, const Block& block, const Leading<T>* leading,
                              std::string& directory) {
  const std::span<const T> values(first, block.count);
  const Shape<T> shape = measure(values);
  const std::uint8_t* present = column.present == nullptr ? nullptr : column.present + block.first;
  PageEntry page;
  page.zone = {shape.min, shape.max};
  page.presence = presence_of(column, values, shape, present);
  page_.clear();
  if (page.presence == Presence::kWritten) page.presence = put_presence(column, present, block);
  if (shape.min != shape.max) {
    if (leading == nullptr || !put_following(values, block, *leading)) put_values<T>(column, values, shape, block);
  }
  end_page(page, directory);
}

Presence SegmentBuilder::put_presence(const ColumnView& column, const std::uint8_t* present, const Block& block) {
  other_.clear();
  for (const relations::Companion& companion : relations::kCompanions) {
    const std::size_t place = places_[index_of(companion.like)];
    const std::uint8_t* like = views_[index_of(companion.like)].present;
    if (companion.column != column.id || place == 0 || like == nullptr) continue;
    if (std::memcmp(like + block.first, present, block.count) != 0) continue;
    put_varint(other_, place - 1);
    put_text(page_, other_);
    return Presence::kLike;
  }
  const std::vector<std::uint32_t> bits(present, present + block.count);
  ints_.encode(std::span<const std::uint32_t>(bits), other_);
  put_text(page_, other_);
  return Presence::kWritten;
}

// A column that this one follows closely, where writing by it takes much less. `table` is made the part of the file.
template <typename T>
std::optional<SegmentBuilder::Leading<T>> SegmentBuilder::find_leader(const ColumnView& column, const T* values,
                                                                      std::string& table) {
  const std::span<const T> all(values, rows_);
  std::optional<Shape<T>> shape;
  for (const relations::Follower& follower : relations::kFollowers) {
    const std::size_t place = places_[index_of(follower.leader)];
    if (follower.column != column.id || place == 0) continue;
    if (!shape) shape = measure(all);
    if (shape->runs <= rows_ / 32) return std::nullopt;
    const std::uint32_t* leader = views_[index_of(follower.leader)].narrow;
    const std::uint32_t largest = measure(std::span(leader, rows_)).max;
    const bool number = column_info(follower.leader).kind == ColumnKind::kNarrow;
    if (number && largest >= kMaxLeaderValues) continue;
    auto found = follow(all, leader, largest);
    if (!found) continue;
    // What a block in the middle would take by itself stands for all.
    const Block middle = block((rows_ - 1) / kBlockRows / 2);
    const std::span<const T> sample(values + middle.first, middle.count);
    other_.clear();
    ints_.encode(sample, other_);
    const std::size_t alone = other_.size() * rows_ / middle.count;
    table.clear();
    put_varint(table, place - 1);
    put_varint(table, found->values.size());
    ints_.encode(std::span<const T>(found->values), table);
    if (table.size() + found->exceptions * 3 < alone / 4 * 3)
      return Leading<T>{place, leader, std::move(found->values)};
  }
  table.clear();
  return std::nullopt;
}

// False where too many rows differ from the table.
template <typename T>
bool SegmentBuilder::put_following(std::span<const T> values, const Block& block, const Leading<T>& leading) {
  gaps_.clear();
  wide_.clear();
  std::size_t next = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (leading.values[leading.leader[block.first + i]] == values[i]) continue;
    gaps_.push_back(static_cast<std::uint32_t>(i - next));
    wide_.push_back(values[i]);
    next = i + 1;
  }
  if (gaps_.size() > values.size() / 8) return false;
  put_u8(page_, kFollowForm);
  put_varint(page_, gaps_.size());
  if (gaps_.empty()) return true;
  ints_.encode(std::span<const std::uint32_t>(gaps_), page_);
  ints_.encode(std::span<const std::uint64_t>(wide_), page_);
  return true;
}

template <typename T>
void SegmentBuilder::put_values(const ColumnView& column, std::span<const T> values, const Shape<T>& shape,
                                const Block& block) {
  if constexpr (sizeof(T) == 8) {
    if (put_difference(column, values, shape, block)) return;
  }
  ints_.encode(values, shape, page_, habits_.values);
}

// What takes least of a column's differences and its own values; false when the latter were not written.
bool SegmentBuilder::put_difference(const ColumnView& column, std::span<const std::uint64_t> values,
                                    const Shape<std::uint64_t>& shape, const Block& block) {
  const std::size_t start = page_.size();
  bool done = false;
  bool with_own = false, own_best = false;
  for (std::size_t i = 0; i < std::size(relations::kRelatives); ++i) {
    const relations::Relative& relative = relations::kRelatives[i];
    const std::size_t place = places_[index_of(relative.base)];
    if (relative.column != column.id || place == 0 || !habits_.relatives[i].due()) continue;
    const std::uint64_t* base = views_[index_of(relative.base)].wide + block.first;
    wide_.resize(values.size());
    // A time of receipt is finer than the times of flows: its last digits would be noise.
    const unsigned exponent = common_exponent(values);
    if (exponent > common_exponent({base, values.size()})) {
      round_down({base, values.size()}, exponent, wide_.data());
      base = wide_.data();
    }
    const bool rounded = base == wide_.data();
    const std::uint64_t least =
        relative.minus ? subtract(base, values.data(), wide_) : subtract(values.data(), base, wide_);
    scale(wide_, least, 0, 1, wide_.data());
    const Shape<std::uint64_t> difference = measure(std::span<const std::uint64_t>(wide_));
    const bool much_narrower = width_of(difference.max) + 3 < width_of(shape.max - shape.min);
    if (effort_ == Effort::kQuick && !much_narrower) continue;
    other_.clear();
    put_u8(other_, kDifferenceForm);
    put_varint(other_, place - 1);
    put_u8(other_, relative.minus ? 1 : 0);
    put_u8(other_, rounded ? exponent : 0);
    put_varint(other_, zigzag(least));
    ints_.encode(std::span<const std::uint64_t>(wide_), difference, other_, habits_.difference);
    if (effort_ == Effort::kQuick || difference.max == 0) {
      page_.resize(start);
      page_ += other_;
      return true;
    }
    if (!done && habits_.own.due()) {
      ints_.encode(values, shape, page_, habits_.values);
      done = with_own = own_best = true;
    }
    const bool best = !done || other_.size() < page_.size() - start;
    if (best) {
      page_.replace(start, page_.npos, other_);
      done = true;
      own_best = false;
    }
    habits_.relatives[i].note(best);
  }
  if (with_own) habits_.own.note(own_best);
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
