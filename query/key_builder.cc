#include "query/key_builder.h"

#include <algorithm>
#include <string>

#include "base/hash.h"
#include "flow/sides.h"
#include "query/bound_predicate.h"

namespace weir {
namespace {

using Source = KeyPart::Source;

constexpr ColumnId kHostName = column_of(FieldId::host);
constexpr ColumnId kExporter = column_of(FieldId::sampler_address);

ColumnId oriented(FieldId field, Orientation orientation) {
  return column_of(orientation == Orientation::kReversed ? other_side(field) : field);
}

FieldId address_of(FieldId network) { return network == FieldId::src_net ? FieldId::src_addr : FieldId::dst_addr; }

std::unexpected<Error> bad_code(const Segment& segment) {
  return fail(segment.name() + ": a value that its dictionary does not have");
}

}  // namespace

Result<void> KeyBuilder::prepare(const KeyLayout& layout, bool interfaces, const Segment& segment,
                                 SegmentCodes& codes) {
  std::vector<FieldId> texts;
  bool addresses = false;
  const auto add_text = [&](FieldId field) {
    texts.push_back(field);
    texts.push_back(other_side(field));
  };
  for (const KeyPart& part : layout.parts()) {
    addresses |= part.source == Source::kAddress || part.source == Source::kNetwork || part.source == Source::kHost;
    if (part.source == Source::kText) add_text(part.field);
    if (part.source == Source::kHost) add_text(FieldId::host);
  }
  if (interfaces) add_text(FieldId::in_if_name);
  if (addresses) {
    if (auto ok = codes.prepare_addresses(); !ok) return ok;
  }
  for (const FieldId field : texts) {
    if (!segment.has(column_of(field))) continue;
    if (auto ok = codes.prepare_text(column_of(field)); !ok) return ok;
  }
  return {};
}

void KeyBuilder::open_segment() {
  network_memos_.fill({});
  host_memos_.fill({});
}

KeyBuilder::Memo& KeyBuilder::memo(std::array<Memo, kMemos>& memos, std::uint64_t key) {
  return memos[fold_product(key ^ kHashSeed, 0x9e3779b97f4a7c15ULL) % kMemos];
}

Result<void> KeyBuilder::build(const KeyLayout& layout, BlockColumns& columns, const SegmentCodes& codes,
                               const Selection& selection, Orientation orientation, std::uint64_t* keys) {
  const Rows rows{layout, columns, codes, selection, orientation, keys};
  std::fill_n(keys, selection.count * layout.words(), 0);
  for (const KeyPart& part : layout.parts()) {
    Result<void> ok;
    switch (part.source) {
      case Source::kNumber: ok = add_number(rows, part); break;
      case Source::kTime: ok = add_time(rows, part); break;
      case Source::kDuration: ok = add_duration(rows, part); break;
      case Source::kAddress: ok = add_addresses(rows, part); break;
      case Source::kText: ok = add_texts(rows, part); break;
      case Source::kNetwork: ok = add_networks(rows, part); break;
      case Source::kHost: ok = add_hosts(rows, part); break;
      case Source::kInterface: break;
    }
    if (!ok) return ok;
  }
  return {};
}

// Adds value(i) of each row to its key; stops at the first that has none.
template <typename Value>
Result<void> KeyBuilder::add_each(const Rows& rows, const KeyPlace& place, Value value) {
  const std::size_t words = rows.layout.words();
  std::uint64_t* key = rows.keys + place.word;
  for (std::size_t i = 0; i < rows.selection.count; ++i, key += words) {
    const std::optional<std::uint32_t> n = value(i);
    if (!n) return bad_code(rows.columns.segment());
    *key |= std::uint64_t{*n} << place.shift;
  }
  return {};
}

Result<void> KeyBuilder::add_number(const Rows& rows, const KeyPart& part) {
  const ColumnId column = oriented(part.field, rows.orientation);
  if (!rows.columns.has(column)) return {};
  const auto put = [&](const auto& values) -> Result<void> {
    if (!values) return std::unexpected(values.error());
    std::uint64_t* key = rows.keys + part.place.word;
    for (std::size_t i = 0; i < rows.selection.count; ++i, key += rows.layout.words()) {
      *key |= (std::uint64_t{(*values)[i]} & part.place.mask()) << part.place.shift;
    }
    return {};
  };
  return column_info(column).kind == ColumnKind::kWide ? put(rows.columns.wide(column, rows.selection))
                                                       : put(rows.columns.narrow(column, rows.selection));
}

Result<void> KeyBuilder::add_time(const Rows& rows, const KeyPart& part) {
  const auto times = rows.columns.wide(kTimeColumn, rows.selection);
  if (!times) return std::unexpected(times.error());
  const TimeBlocks& blocks = rows.layout.times();
  // Rows lie nearly in the order of time: most are in the block of the row before.
  std::uint64_t block = 0, begin = 0, length = 0;
  std::uint64_t* key = rows.keys + part.place.word;
  for (std::size_t i = 0; i < rows.selection.count; ++i, key += rows.layout.words()) {
    const std::uint64_t time = (*times)[i];
    if (time - begin >= length) {
      block = time / blocks.resolution;
      begin = block * blocks.resolution;
      length = blocks.resolution;
    }
    *key |= ((block - blocks.first) & part.place.mask()) << part.place.shift;
  }
  return {};
}

Result<void> KeyBuilder::add_duration(const Rows& rows, const KeyPart& part) {
  const auto starts = rows.columns.wide(column_of(FieldId::time_flow_start_ns), rows.selection);
  if (!starts) return std::unexpected(starts.error());
  const auto ends = rows.columns.wide(column_of(FieldId::time_flow_end_ns), rows.selection);
  if (!ends) return std::unexpected(ends.error());
  std::uint64_t* key = rows.keys + part.place.word;
  for (std::size_t i = 0; i < rows.selection.count; ++i, key += rows.layout.words()) {
    *key |= duration_ms((*starts)[i], (*ends)[i]);
  }
  return {};
}

Result<void> KeyBuilder::add_addresses(const Rows& rows, const KeyPart& part) {
  const auto codes = rows.columns.narrow(oriented(part.field, rows.orientation), rows.selection);
  if (!codes) return std::unexpected(codes.error());
  const std::size_t count = rows.selection.count;
  if (!rows.codes.number_addresses({*codes, count}, addresses_.data())) return fail("no memory left");
  std::uint64_t* key = rows.keys + part.place.word;
  for (std::size_t i = 0; i < count; ++i, key += rows.layout.words()) {
    *key |= std::uint64_t{addresses_[i]} << part.place.shift;
  }
  return {};
}

Result<void> KeyBuilder::add_texts(const Rows& rows, const KeyPart& part) {
  const ColumnId column = oriented(part.field, rows.orientation);
  if (!rows.columns.has(column)) return {};
  const auto codes = rows.columns.narrow(column, rows.selection);
  if (!codes) return std::unexpected(codes.error());
  return add_each(rows, part.place, [&](std::size_t i) { return rows.codes.text(column, (*codes)[i]); });
}

Result<void> KeyBuilder::add_networks(const Rows& rows, const KeyPart& part) {
  const ColumnId mask = oriented(part.field, rows.orientation);
  if (!rows.columns.has(mask)) return {};
  const auto lengths = rows.columns.narrow(mask, rows.selection);
  if (!lengths) return std::unexpected(lengths.error());
  const auto addresses = rows.columns.narrow(oriented(address_of(part.field), rows.orientation), rows.selection);
  if (!addresses) return std::unexpected(addresses.error());
  return add_each(rows, part.place,
                  [&](std::size_t i) { return network_text(rows.codes, (*addresses)[i], (*lengths)[i]); });
}

Result<void> KeyBuilder::add_hosts(const Rows& rows, const KeyPart& part) {
  const bool named = rows.columns.has(kHostName);
  const auto names = rows.columns.narrow(kHostName, rows.selection);
  if (!names) return std::unexpected(names.error());
  const auto addresses = rows.columns.narrow(kExporter, rows.selection);
  if (!addresses) return std::unexpected(addresses.error());
  return add_each(rows, part.place, [&](std::size_t i) {
    const auto id = named ? rows.codes.text(kHostName, (*names)[i]) : 0;
    return id == 0U ? address_text(rows.codes, (*addresses)[i]) : id;
  });
}

Result<void> KeyBuilder::interfaces(BlockColumns& columns, const SegmentCodes& codes, const Selection& rows,
                                    Orientation orientation, bool out, std::uint32_t* ids) {
  const ColumnId name = oriented(out ? FieldId::out_if_name : FieldId::in_if_name, orientation);
  const ColumnId index = oriented(out ? FieldId::out_if : FieldId::in_if, orientation);
  const bool named = columns.has(name);
  const auto names = columns.narrow(name, rows);
  if (!names) return std::unexpected(names.error());
  const auto indexes = columns.narrow(index, rows);
  if (!indexes) return std::unexpected(indexes.error());
  for (std::size_t i = 0; i < rows.count; ++i) {
    auto id = named ? codes.text(name, (*names)[i]) : 0;
    if (id == 0U) id = index_text((*indexes)[i]);
    if (!id) return bad_code(columns.segment());
    ids[i] = *id;
  }
  return {};
}

std::optional<std::uint32_t> KeyBuilder::network_text(const SegmentCodes& codes, std::uint32_t address,
                                                      std::uint32_t length) {
  if (address == 0 || length == 0) return 0;
  if (address > codes.addresses().size()) return std::nullopt;
  const std::uint64_t key = std::uint64_t{address} << 32 | length;
  Memo& known = memo(network_memos_, key);
  if (known.key == key) return known.id;
  IpAddress network = codes.addresses().address(address);
  network.bytes = masked(network.bytes, length);
  const auto id = values_.texts.intern(network.to_string() + "/" + std::to_string(length));
  if (id) known = {key, *id};
  return id;
}

std::optional<std::uint32_t> KeyBuilder::address_text(const SegmentCodes& codes, std::uint32_t address) {
  if (address == 0) return 0;
  if (address > codes.addresses().size()) return std::nullopt;
  Memo& known = memo(host_memos_, address);
  if (known.key == address) return known.id;
  const auto id = values_.texts.intern(codes.addresses().address(address).to_string());
  if (id) known = {address, *id};
  return id;
}

std::optional<std::uint32_t> KeyBuilder::index_text(std::uint32_t index) {
  if (index == 0) return 0;
  Memo& known = memo(index_memos_, index);
  if (known.key == index) return known.id;
  const auto id = values_.interfaces.intern("if" + std::to_string(index));
  if (id) known = {index, *id};
  return id;
}

}  // namespace weir
