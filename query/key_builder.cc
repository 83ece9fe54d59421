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

// Adds value(i) of each row to its key; stops at the first that has none.
template <typename Value>
Result<void> add_each(const KeyPart& part, std::size_t words, const Segment& segment, const Selection& rows,
                      std::uint64_t* keys, Value value) {
  std::uint64_t* key = keys + part.word;
  for (std::size_t i = 0; i < rows.count; ++i, key += words) {
    const std::optional<std::uint32_t> n = value(i);
    if (!n) return bad_code(segment);
    *key |= std::uint64_t{*n} << part.shift;
  }
  return {};
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

Result<void> KeyBuilder::build(BlockColumns& columns, const SegmentCodes& codes, const Selection& rows,
                               Orientation orientation, std::uint64_t* keys) {
  std::fill_n(keys, rows.count * layout_.words(), 0);
  for (const KeyPart& part : layout_.parts()) {
    const ColumnId column = oriented(part.field, orientation);
    Result<void> ok;
    switch (part.source) {
      case Source::kNumber: ok = add_number(part, columns, column, rows, keys); break;
      case Source::kTime: ok = add_time(part, columns, rows, keys); break;
      case Source::kDuration: ok = add_duration(part, columns, rows, keys); break;
      case Source::kAddress: ok = add_addresses(part, columns, codes, column, rows, keys); break;
      case Source::kText: ok = add_texts(part, columns, codes, column, rows, keys); break;
      case Source::kNetwork: ok = add_networks(part, columns, codes, orientation, rows, keys); break;
      case Source::kHost: ok = add_hosts(part, columns, codes, rows, keys); break;
      case Source::kInterface: break;
    }
    if (!ok) return ok;
  }
  return {};
}

Result<void> KeyBuilder::add_number(const KeyPart& part, BlockColumns& columns, ColumnId column, const Selection& rows,
                                    std::uint64_t* keys) {
  if (!columns.has(column)) return {};
  const auto put = [&](const auto& values) -> Result<void> {
    if (!values) return std::unexpected(values.error());
    std::uint64_t* key = keys + part.word;
    for (std::size_t i = 0; i < rows.count; ++i, key += layout_.words()) {
      *key |= (std::uint64_t{(*values)[i]} & part.mask()) << part.shift;
    }
    return {};
  };
  return column_info(column).kind == ColumnKind::kWide ? put(columns.wide(column, rows))
                                                       : put(columns.narrow(column, rows));
}

Result<void> KeyBuilder::add_time(const KeyPart& part, BlockColumns& columns, const Selection& rows,
                                  std::uint64_t* keys) {
  const auto times = columns.wide(kTimeColumn, rows);
  if (!times) return std::unexpected(times.error());
  const std::uint64_t resolution = layout_.times().resolution;
  // Rows lie nearly in the order of time: most are in the block of the row before.
  std::uint64_t block = 0, begin = 1;  // an empty block
  std::uint64_t length = 0;
  std::uint64_t* key = keys + part.word;
  for (std::size_t i = 0; i < rows.count; ++i, key += layout_.words()) {
    const std::uint64_t time = (*times)[i];
    if (time - begin >= length) {
      block = time / resolution;
      begin = block * resolution;
      length = resolution;
    }
    *key |= ((block - layout_.times().first) & part.mask()) << part.shift;
  }
  return {};
}

Result<void> KeyBuilder::add_duration(const KeyPart& part, BlockColumns& columns, const Selection& rows,
                                      std::uint64_t* keys) {
  const auto starts = columns.wide(column_of(FieldId::time_flow_start_ns), rows);
  if (!starts) return std::unexpected(starts.error());
  const auto ends = columns.wide(column_of(FieldId::time_flow_end_ns), rows);
  if (!ends) return std::unexpected(ends.error());
  for (std::size_t i = 0; i < rows.count; ++i) {
    keys[i * layout_.words() + part.word] |= duration_ms((*starts)[i], (*ends)[i]) << part.shift;
  }
  return {};
}

Result<void> KeyBuilder::add_addresses(const KeyPart& part, BlockColumns& columns, const SegmentCodes& codes,
                                       ColumnId column, const Selection& rows, std::uint64_t* keys) {
  const auto values = columns.narrow(column, rows);
  if (!values) return std::unexpected(values.error());
  const std::uint32_t* v = *values;
  return add_each(part, layout_.words(), columns.segment(), rows, keys,
                  [&](std::size_t i) { return codes.address(v[i]); });
}

Result<void> KeyBuilder::add_texts(const KeyPart& part, BlockColumns& columns, const SegmentCodes& codes,
                                   ColumnId column, const Selection& rows, std::uint64_t* keys) {
  if (!columns.has(column)) return {};
  const auto values = columns.narrow(column, rows);
  if (!values) return std::unexpected(values.error());
  const std::uint32_t* v = *values;
  return add_each(part, layout_.words(), columns.segment(), rows, keys,
                  [&](std::size_t i) { return codes.text(column, v[i]); });
}

Result<void> KeyBuilder::add_networks(const KeyPart& part, BlockColumns& columns, const SegmentCodes& codes,
                                      Orientation orientation, const Selection& rows, std::uint64_t* keys) {
  const ColumnId mask = oriented(part.field, orientation);
  if (!columns.has(mask)) return {};
  const auto lengths = columns.narrow(mask, rows);
  if (!lengths) return std::unexpected(lengths.error());
  const auto addresses = columns.narrow(oriented(address_of(part.field), orientation), rows);
  if (!addresses) return std::unexpected(addresses.error());
  return add_each(part, layout_.words(), columns.segment(), rows, keys,
                  [&](std::size_t i) { return network_text(codes, (*addresses)[i], (*lengths)[i]); });
}

Result<void> KeyBuilder::add_hosts(const KeyPart& part, BlockColumns& columns, const SegmentCodes& codes,
                                   const Selection& rows, std::uint64_t* keys) {
  const bool named = columns.has(kHostName);
  const auto names = columns.narrow(kHostName, rows);
  if (!names) return std::unexpected(names.error());
  const auto addresses = columns.narrow(kExporter, rows);
  if (!addresses) return std::unexpected(addresses.error());
  return add_each(part, layout_.words(), columns.segment(), rows, keys, [&](std::size_t i) {
    const auto id = named ? codes.text(kHostName, (*names)[i]) : 0;
    return id == 0U ? address_text(codes, (*addresses)[i]) : id;
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
