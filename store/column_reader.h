// Reading the columns of a segment: page directories, pages, presence, dictionaries, extras.
//
// Thread rules: from any thread; each brings its own Scratch.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/segment.h"
#include "store/segment_format.h"
#include "store/segment_source.h"

namespace weir {

// Something that is read at first use, by whoever comes first, and kept.
template <typename T>
class Lazy {
 public:
  template <typename Load>
  Result<const T*> get(Load load) const {
    if (const T* value = ready_.load(std::memory_order_acquire)) return value;
    const std::lock_guard lock(mutex_);
    if (!value_) {
      Result<T> value = load();
      if (!value) return std::unexpected(value.error());
      value_ = std::make_unique<const T>(std::move(*value));
      ready_.store(value_.get(), std::memory_order_release);
    }
    return value_.get();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const T> value_;
  mutable std::atomic<const T*> ready_{nullptr};
};

struct Directory {
  std::vector<PageEntry> pages;
  std::vector<Zone> zones;
};

// The values of a column by those of another (page_format.h), in `narrow` where the column has none that are larger.
struct FollowTable {
  std::size_t leader = 0;  // its place in the footer
  std::vector<std::uint32_t> narrow;
  std::vector<std::uint64_t> wide;
};

// For messages.
std::string page_name(const ColumnEntry& entry, unsigned block);

using Picks = std::optional<std::span<const std::uint16_t>>;

struct Segment::Impl {
  struct Column {
    ColumnEntry entry;
    std::size_t place = 0;  // in the footer
    Lazy<Directory> directory;
    Lazy<BytesDictionary> dictionary;
    Lazy<FollowTable> table;
  };

  static Result<std::unique_ptr<Impl>> make(SegmentSource source, std::string name);

  std::string name;
  SegmentSource source;
  Footer footer;
  std::vector<std::unique_ptr<Column>> columns;  // as in the footer, whose own list is moved from
  std::array<const Column*, kColumnCount> by_id{};
  Lazy<AddressDictionary> addresses;

  unsigned blocks() const;
  std::size_t rows_in(unsigned block) const;
  const Column* column(ColumnId id) const { return by_id[static_cast<std::size_t>(id)]; }
  std::unexpected<Error> damaged(std::string_view where, const std::string& what) const;

  Result<const Directory*> directory(const Column& column) const;
  Result<const AddressDictionary*> read_addresses() const;
  Result<const BytesDictionary*> dictionary(const Column& column) const;
  Result<const FollowTable*> table(const Column& column) const;
  // The largest value that a column may have: of codes, the size of their dictionary.
  Result<std::uint64_t> limit(const Column& column) const;

  // The values of a block; with `picks`, theirs only. `depth` is 0 but for columns that others lean on.
  template <typename T>
  Result<void> values(const Column& column, unsigned block, Picks picks, Scratch& scratch, T* out,
                      unsigned depth) const;
  Result<void> presence(const Column& column, unsigned block, Scratch& scratch, std::uint8_t* out,
                        unsigned depth) const;
  Result<void> extras(const Column& column, unsigned block, Scratch& scratch, ExtrasBlock& out) const;
  Result<void> verify(const Column& column, Scratch& scratch) const;

 private:
  // The page's bytes, checked.
  Result<Bytes> page(const PageEntry& entry, Scratch& scratch, unsigned depth) const;
  template <typename T>
  Result<void> difference(const Column& column, unsigned block, Picks picks, WireReader& in, Scratch& scratch, T* out,
                          unsigned depth) const;
  template <typename T>
  Result<void> following(const Column& column, unsigned block, Picks picks, WireReader& in, Scratch& scratch, T* out,
                         unsigned depth) const;
  template <typename T>
  Result<void> form(const Column& column, unsigned block, Picks picks, WireReader& in, Scratch& scratch, T* out,
                    unsigned depth) const;
};

}  // namespace weir
