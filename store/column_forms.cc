// What a page's values may be (page_format.h).
#include <algorithm>

#include "store/column_reader.h"
#include "store/powers.h"
#include "store/scratch.h"

namespace weir {

std::string page_name(const ColumnEntry& entry, unsigned block) {
  return "column " + entry.name + ", block " + std::to_string(block);
}

Result<const FollowTable*> Segment::Impl::table(const Column& column) const {
  return column.table.get([&]() -> Result<FollowTable> {
    const std::string where = "table of column " + column.entry.name;
    if (column.entry.table.length == 0) return damaged(where, "missing");
    std::vector<std::uint8_t> buffer;
    const auto bytes = source.read(column.entry.table, buffer);
    if (!bytes) return damaged(where, bytes.error().message);
    WireReader in(*bytes);
    FollowTable table;
    table.leader = in.varint();
    const std::uint64_t length = in.varint();
    if (in.failed() || table.leader >= column.place) return damaged(where, "malformed");
    const Column& leader = *columns[table.leader];
    if (leader.entry.kind == DiskKind::kNumber) {
      if (length > kMaxLeaderValues) return damaged(where, "malformed");
    } else {
      const auto most = limit(leader);
      if (!most) return std::unexpected(most.error());
      if (leader.entry.kind == DiskKind::kExtras || length > *most + 1) return damaged(where, "malformed");
    }
    const auto most = limit(column);
    if (!most) return std::unexpected(most.error());
    IntDecoder ints;
    const auto decode = [&](auto& values) {
      values.resize(length);
      return ints.decode(in, length, values.data()) && in.done();
    };
    if (!(*most <= UINT32_MAX ? decode(table.narrow) : decode(table.wide))) return damaged(where, "malformed");
    return table;
  });
}

template <typename T>
Result<void> Segment::Impl::form(const Column& column, unsigned block, Picks picks, WireReader& in, Scratch& scratch,
                                 T* out, unsigned depth) const {
  switch (in.peek()) {
    case kDifferenceForm: return difference(column, block, picks, in, scratch, out, depth);
    case kFollowForm: return following(column, block, picks, in, scratch, out, depth);
    default: break;
  }
  IntDecoder& ints = scratch.impl().levels[depth].ints;
  const std::size_t rows = rows_in(block);
  const bool decoded = picks ? ints.gather(in, rows, *picks, out) : ints.decode(in, rows, out);
  if (!decoded || !in.done()) return damaged(page_name(column.entry, block), "malformed page");
  return {};
}

template <typename T>
Result<void> Segment::Impl::difference(const Column& column, unsigned block, Picks picks, WireReader& in,
                                       Scratch& scratch, T* out, unsigned depth) const {
  const auto malformed = [&] { return damaged(page_name(column.entry, block), "malformed page"); };
  if constexpr (sizeof(T) == 4) {
    return malformed();  // such columns are wide
  } else {
    in.u8();
    const std::uint64_t base = in.varint();
    const bool minus = in.u8() != 0;
    const unsigned exponent = in.u8();
    const std::uint64_t offset = unzigzag(in.varint());
    if (in.failed() || exponent > kMaxExponent || base >= column.place || depth == kMaxColumnDepth) return malformed();
    if (columns[base]->entry.kind != DiskKind::kNumber) return malformed();
    Scratch::Impl::Level& level = scratch.impl().levels[depth];
    const std::size_t rows = rows_in(block);
    const bool decoded = picks ? level.ints.gather(in, rows, *picks, out) : level.ints.decode(in, rows, out);
    if (!decoded || !in.done()) return malformed();
    level.wide.resize(kBlockRows);
    if (auto done = values(*columns[base], block, picks, scratch, level.wide.data(), depth + 1); !done) return done;
    const std::size_t count = picks ? picks->size() : rows;
    if (exponent > 0) round_down({level.wide.data(), count}, exponent, level.wide.data());
    if (minus) {
      for (std::size_t i = 0; i < count; ++i) out[i] = level.wide[i] - (out[i] + offset);
    } else {
      for (std::size_t i = 0; i < count; ++i) out[i] = level.wide[i] + (out[i] + offset);
    }
    return {};
  }
}

template <typename T>
Result<void> Segment::Impl::following(const Column& column, unsigned block, Picks picks, WireReader& in,
                                      Scratch& scratch, T* out, unsigned depth) const {
  const auto malformed = [&] { return damaged(page_name(column.entry, block), "malformed page"); };
  const auto table = this->table(column);
  if (!table) return std::unexpected(table.error());
  if (depth == kMaxColumnDepth) return malformed();
  in.u8();
  const std::size_t rows = rows_in(block), count = picks ? picks->size() : rows;
  const std::uint64_t exceptions = in.varint(rows);
  Scratch::Impl::Level& level = scratch.impl().levels[depth];
  level.gaps.resize(exceptions);
  level.patches.resize(exceptions);
  if (exceptions > 0 && (!level.ints.decode(in, exceptions, level.gaps.data()) ||
                         !level.ints.decode(in, exceptions, level.patches.data()))) {
    return malformed();
  }
  if (!in.done()) return malformed();

  level.narrow.resize(kBlockRows);
  const Column& leader = *columns[(*table)->leader];
  if (auto done = values(leader, block, picks, scratch, level.narrow.data(), depth + 1); !done) return done;
  const auto look_up = [&](const auto& by_value) {
    for (std::size_t i = 0; i < count; ++i) {
      if (level.narrow[i] >= by_value.size()) return false;
      out[i] = static_cast<T>(by_value[level.narrow[i]]);
    }
    return true;
  };
  if ((*table)->wide.empty() ? !look_up((*table)->narrow) : !look_up((*table)->wide)) return malformed();
  std::uint64_t row = 0;
  std::size_t pick = 0;
  for (std::size_t i = 0; i < exceptions; ++i, ++row) {
    row += level.gaps[i];
    if (row >= rows) return malformed();
    if (!picks) {
      out[row] = static_cast<T>(level.patches[i]);
      continue;
    }
    while (pick < count && (*picks)[pick] < row) ++pick;
    if (pick < count && (*picks)[pick] == row) out[pick] = static_cast<T>(level.patches[i]);
  }
  return {};
}

template Result<void> Segment::Impl::form(const Column&, unsigned, Picks, WireReader&, Scratch&, std::uint32_t*,
                                          unsigned) const;
template Result<void> Segment::Impl::form(const Column&, unsigned, Picks, WireReader&, Scratch&, std::uint64_t*,
                                          unsigned) const;

}  // namespace weir
