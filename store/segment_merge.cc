#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "store/dictionary_coding.h"
#include "store/pod_vector.h"
#include "store/relations.h"
#include "store/segment_builder.h"
#include "store/segment_writer.h"
#include "store/totals.h"
#include "store/totals_of_rows.h"

namespace weir {
namespace {

// The rows of an input that go into the result.
struct Input {
  std::shared_ptr<const Segment> segment;
  bool whole = true;
  std::vector<std::vector<std::uint16_t>> picks;  // by block, unless all rows are taken
  std::size_t rows = 0;

  std::size_t rows_in(unsigned block) const { return whole ? segment->rows_in(block) : picks[block].size(); }
};

// A column of the result.
struct Column {
  PodVector<std::uint32_t> narrow;
  PodVector<std::uint64_t> wide;
  PodVector<std::uint8_t> present;  // empty: every row so far has a value
};

class Merger {
 public:
  Merger(std::span<const std::shared_ptr<const Segment>> inputs, const SegmentOptions& options);
  Result<std::string> run();

 private:
  Result<void> pick_rows();
  Result<void> merge_addresses();
  Result<void> find_used(std::vector<std::vector<bool>>& used);
  Result<std::string> merge_texts(ColumnId id);
  Result<void> read_column(ColumnId id, Column& column);
  template <typename T>
  Result<void> read_values(const Input& input, unsigned block, ColumnId id, PodVector<T>& out);
  Result<void> read_presence(const Input& input, unsigned block, ColumnId id, std::size_t before, Column& column);
  Result<void> add_column(ColumnId id, SegmentBuilder& builder);
  Result<void> add_extras(SegmentBuilder& builder);
  bool any_has(ColumnId id) const;
  std::unique_ptr<Column> take_spare(bool wide);
  void let_go(std::span<const ColumnId> to_come);

  const SegmentOptions& options_;
  std::vector<Input> inputs_;
  std::size_t rows_ = 0;
  Scratch scratch_;
  Totals totals_;
  std::string addresses_;
  std::vector<std::vector<std::uint32_t>> address_codes_;  // by input: what its codes become
  std::vector<std::vector<std::uint32_t>> text_codes_;     // likewise, for the column at hand
  std::array<std::unique_ptr<Column>, kColumnCount> columns_;
  std::array<std::vector<std::unique_ptr<Column>>, 2> spare_;  // done with, for their memory: narrow and wide ones
  std::vector<std::uint8_t> block_present_ = std::vector<std::uint8_t>(kBlockRows);
  std::vector<std::uint64_t> extras_ends_;
  std::vector<std::uint8_t> extras_;
};

Merger::Merger(std::span<const std::shared_ptr<const Segment>> inputs, const SegmentOptions& options)
    : options_(options) {
  for (const auto& segment : inputs) inputs_.push_back({.segment = segment, .picks = {}});
}

bool Merger::any_has(ColumnId id) const {
  return std::ranges::any_of(inputs_, [&](const Input& input) { return input.segment->has(id); });
}

Result<void> Merger::pick_rows() {
  std::vector<std::uint64_t> times(kBlockRows);
  for (Input& input : inputs_) {
    const Segment& segment = *input.segment;
    input.rows = segment.summary().rows;
    input.whole = options_.times.contains(segment.summary().times);
    if (!input.whole) {
      input.rows = 0;
      input.picks.resize(segment.blocks());
      for (unsigned block = 0; block < segment.blocks(); ++block) {
        if (auto done = segment.read(kTimeColumn, block, scratch_, times.data()); !done) return done;
        for (std::size_t row = 0; row < segment.rows_in(block); ++row) {
          if (options_.times.contains(times[row])) input.picks[block].push_back(static_cast<std::uint16_t>(row));
        }
        input.rows += input.picks[block].size();
      }
    }
    rows_ += input.rows;
  }
  std::erase_if(inputs_, [](const Input& input) { return input.rows == 0; });
  return {};
}

template <typename T>
Result<void> Merger::read_values(const Input& input, unsigned block, ColumnId id, PodVector<T>& out) {
  T* to = out.grow(input.rows_in(block));
  if (input.whole) return input.segment->read(id, block, scratch_, to);
  return input.segment->gather(id, block, input.picks[block], scratch_, to);
}

// Which of its addresses the rows of each input use; left empty where that is all of them.
Result<void> Merger::find_used(std::vector<std::vector<bool>>& used) {
  used.resize(inputs_.size());
  PodVector<std::uint32_t> codes;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    if (input.whole) continue;
    const auto dictionary = input.segment->addresses();
    if (!dictionary) return std::unexpected(dictionary.error());
    used[i].resize((*dictionary)->size() + 1);
    for (const ColumnInfo& info : kColumns) {
      if (info.kind != ColumnKind::kAddress || !input.segment->has(info.id)) continue;
      for (unsigned block = 0; block < input.segment->blocks(); ++block) {
        codes.clear();
        if (auto done = read_values(input, block, info.id, codes); !done) return done;
        for (const std::uint32_t code : codes) used[i][code] = true;
      }
    }
  }
  return {};
}

// The codes of `from`'s entries within the sorted `all`, whose first has code `first_code`.
template <typename T>
void map_codes(std::span<const T> from, const std::vector<T>& all, std::uint32_t first_code,
               std::vector<std::uint32_t>& codes) {
  std::size_t at = 0;
  codes.reserve(codes.size() + from.size());
  for (const T& entry : from) {
    // In steps that double, then back: entries lie some way apart.
    std::size_t step = 1;
    while (at + step < all.size() && all[at + step] < entry) at += std::exchange(step, step * 2);
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = all.begin() + static_cast<std::ptrdiff_t>(std::min(at + step + 1, all.size()));
    at = static_cast<std::size_t>(std::lower_bound(first, last, entry) - all.begin());
    codes.push_back(first_code + static_cast<std::uint32_t>(at));
  }
}

// All that stands in the lists, which are sorted.
template <typename T>
std::vector<T> unite(std::vector<std::vector<T>> lists) {
  if (lists.empty()) return {};
  for (; lists.size() > 1; lists.resize((lists.size() + 1) / 2)) {
    for (std::size_t i = 0; i < lists.size(); i += 2) {
      if (i + 1 == lists.size()) {
        lists[i / 2] = std::move(lists[i]);
        continue;
      }
      std::vector<T> both;
      both.reserve(lists[i].size() + lists[i + 1].size());
      std::ranges::set_union(lists[i], lists[i + 1], std::back_inserter(both));
      lists[i / 2] = std::move(both);
    }
  }
  return std::move(lists.front());
}

Result<void> Merger::merge_addresses() {
  std::vector<std::vector<bool>> used;
  if (auto done = find_used(used); !done) return done;
  std::vector<std::vector<std::uint32_t>> v4_lists(inputs_.size());
  std::vector<std::vector<AddressBytes>> v6_lists(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto dictionary = inputs_[i].segment->addresses();
    if (!dictionary) return std::unexpected(dictionary.error());
    const auto keep = [&](std::size_t code) { return used[i].empty() || used[i][code]; };
    std::size_t code = 0;
    for (const std::uint32_t address : (*dictionary)->v4()) {
      if (keep(++code)) v4_lists[i].push_back(address);
    }
    for (const AddressBytes& address : (*dictionary)->v6()) {
      if (keep(++code)) v6_lists[i].push_back(address);
    }
  }
  const std::vector<std::uint32_t> v4 = unite(std::move(v4_lists));
  const std::vector<AddressBytes> v6 = unite(std::move(v6_lists));
  for (const Input& input : inputs_) {
    const AddressDictionary& dictionary = **input.segment->addresses();
    std::vector<std::uint32_t>& codes = address_codes_.emplace_back(1, 0U);
    map_codes(dictionary.v4(), v4, 1, codes);
    map_codes(dictionary.v6(), v6, static_cast<std::uint32_t>(v4.size()) + 1, codes);
  }
  addresses_ = encode_addresses(v4, v6);
  return {};
}

// The dictionary of a column of texts, of those that are used.
Result<std::string> Merger::merge_texts(ColumnId id) {
  std::map<std::string_view, std::uint32_t> all;
  std::vector<std::vector<bool>> used(inputs_.size());
  PodVector<std::uint32_t> codes;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    const auto dictionary = input.segment->dictionary(id);
    if (!dictionary) return std::unexpected(dictionary.error());
    used[i].assign((*dictionary)->size() + 1, input.whole);
    for (unsigned block = 0; !input.whole && block < input.segment->blocks(); ++block) {
      codes.clear();
      if (auto done = read_values(input, block, id, codes); !done) return std::unexpected(done.error());
      for (const std::uint32_t code : codes) used[i][code] = true;
    }
    for (std::uint32_t code = 1; code <= (*dictionary)->size(); ++code) {
      if (used[i][code]) all.emplace((*dictionary)->bytes(code), 0);
    }
  }
  BytesEncoder encoder;
  for (auto& [text, code] : all) {
    encoder.add(text);
    code = encoder.size();
  }
  text_codes_.clear();
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const BytesDictionary& dictionary = **inputs_[i].segment->dictionary(id);
    std::vector<std::uint32_t>& to = text_codes_.emplace_back(dictionary.size() + 1, 0U);
    for (std::uint32_t code = 1; code <= dictionary.size(); ++code) {
      if (used[i][code]) to[code] = all.at(dictionary.bytes(code));
    }
  }
  return encoder.finish();
}

// `before` is how many rows the column had before this block.
Result<void> Merger::read_presence(const Input& input, unsigned block, ColumnId id, std::size_t before,
                                   Column& column) {
  std::uint8_t* present = block_present_.data();
  const std::size_t all = input.segment->rows_in(block);
  if (auto done = input.segment->read_presence(id, block, scratch_, present); !done) return done;
  if (column.present.empty()) {
    if (std::memchr(present, 0, all) == nullptr) return {};
    column.present.resize(rows_);
    column.present.clear();
    column.present.fill(before, 1);
  }
  if (input.whole) {
    column.present.append(present, all);
  } else {
    for (const std::uint16_t row : input.picks[block]) column.present.push_back(present[row]);
  }
  return {};
}

Result<void> Merger::read_column(ColumnId id, Column& column) {
  const ColumnKind kind = column_info(id).kind;
  const bool wide = kind == ColumnKind::kWide;
  // Room for all rows at once.
  if (wide) {
    column.wide.resize(rows_);
    column.wide.clear();
  } else {
    column.narrow.resize(rows_);
    column.narrow.clear();
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    const std::size_t start = column.narrow.size();
    for (unsigned block = 0; block < input.segment->blocks(); ++block) {
      const std::size_t before = wide ? column.wide.size() : column.narrow.size();
      auto done = wide ? read_values(input, block, id, column.wide) : read_values(input, block, id, column.narrow);
      if (done) done = read_presence(input, block, id, before, column);
      if (!done) return done;
    }
    if (kind != ColumnKind::kAddress && kind != ColumnKind::kBytes) continue;
    const std::vector<std::uint32_t>& codes = kind == ColumnKind::kAddress ? address_codes_[i] : text_codes_[i];
    for (std::size_t row = start; row < column.narrow.size(); ++row) column.narrow[row] = codes[column.narrow[row]];
  }
  return {};
}

Result<void> Merger::add_column(ColumnId id, SegmentBuilder& builder) {
  if (!any_has(id)) return {};
  const ColumnKind kind = column_info(id).kind;
  if (kind == ColumnKind::kExtras) return add_extras(builder);
  std::string dictionary;
  if (kind == ColumnKind::kBytes) {
    auto texts = merge_texts(id);
    if (!texts) return std::unexpected(texts.error());
    dictionary = std::move(*texts);
  }
  auto& column = columns_[static_cast<std::size_t>(id)];
  column = take_spare(kind == ColumnKind::kWide);
  if (auto done = read_column(id, *column); !done) return done;
  builder.add({.id = id,
               .narrow = kind == ColumnKind::kWide ? nullptr : column->narrow.data(),
               .wide = kind == ColumnKind::kWide ? column->wide.data() : nullptr,
               .present = column->present.empty() ? nullptr : column->present.data()},
              std::move(dictionary));
  return {};
}

std::unique_ptr<Column> Merger::take_spare(bool wide) {
  auto& spare = spare_[wide];
  if (spare.empty()) return std::make_unique<Column>();
  std::unique_ptr<Column> column = std::move(spare.back());
  spare.pop_back();
  column->present.clear();
  return column;
}

// Of the columns in memory, those that none leans on of those `to_come`.
void Merger::let_go(std::span<const ColumnId> to_come) {
  for (const ColumnInfo& info : kColumns) {
    auto& column = columns_[static_cast<std::size_t>(info.id)];
    const auto needs = [&](ColumnId other) { return relations::leans_on(other, info.id) && any_has(other); };
    if (column && std::ranges::none_of(to_come, needs)) {
      spare_[info.kind == ColumnKind::kWide].push_back(std::move(column));
    }
  }
}

Result<void> Merger::add_extras(SegmentBuilder& builder) {
  ExtrasBlock extras;
  for (const Input& input : inputs_) {
    for (unsigned block = 0; block < input.segment->blocks(); ++block) {
      if (auto done = input.segment->read_extras(block, scratch_, extras); !done) return done;
      for (std::size_t i = 0; i < input.rows_in(block); ++i) {
        const std::size_t row = input.whole ? i : input.picks[block][i];
        extras_.insert(extras_.end(), extras.bytes.begin() + extras.offsets[row],
                       extras.bytes.begin() + extras.offsets[row + 1]);
        extras_ends_.push_back(extras_.size());
      }
    }
  }
  builder.add_extras({extras_ends_.data(), extras_.data(), 0});
  return {};
}

Result<std::string> Merger::run() {
  if (auto done = pick_rows(); !done) return std::unexpected(done.error());
  if (rows_ == 0) return std::string();
  if (rows_ > RowBuffer::kMaxRows) throw std::length_error("merge_segments: too many rows");
  if (auto done = merge_addresses(); !done) return std::unexpected(done.error());
  BuilderMemory memory;
  SegmentBuilder builder(rows_, options_.effort, memory);
  for (std::span<const ColumnId> left = relations::kWriteOrder; !left.empty(); left = left.subspan(1)) {
    if (auto done = add_column(left.front(), builder); !done) return std::unexpected(done.error());
    let_go(left.subspan(1));
  }
  for (const Input& input : inputs_) {
    if (input.whole) {
      totals_.add(input.segment->summary());
      continue;
    }
    for (unsigned block = 0; block < input.segment->blocks(); ++block) {
      if (auto done = add_totals(*input.segment, block, input.picks[block], scratch_, totals_); !done) {
        return std::unexpected(done.error());
      }
    }
  }
  SegmentSummary summary;
  summary.id = options_.id;
  summary.tier = options_.tier;
  summary.rows = static_cast<std::uint32_t>(rows_);
  summary.journal_first = options_.journal_first;
  summary.journal_last = options_.journal_last;
  summary.replaces = options_.replaces;
  totals_.finish(summary);
  return builder.finish(std::move(summary), addresses_);
}

}  // namespace

Result<std::string> merge_segments(std::span<const std::shared_ptr<const Segment>> inputs,
                                   const SegmentOptions& options) {
  return Merger(inputs, options).run();
}

}  // namespace weir
