#include "store/flow_reader.h"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "store/extras_coding.h"

namespace weir {
namespace {

constexpr std::size_t padded(std::size_t n) { return (n + 7) & ~std::size_t{7}; }

// The values of one column in the block at hand.
struct Column {
  const FieldInfo* field;
  ColumnKind kind;
  const BytesDictionary* texts = nullptr;
  std::vector<std::uint32_t> narrow;
  std::vector<std::uint64_t> wide;
  std::vector<std::uint8_t> present;
};

// Puts one column's value of a row into the struct that is its home.
class Assembler {
 public:
  Assembler(const AddressDictionary& addresses, BatchWriter& writer) : addresses_(addresses), writer_(writer) {}

  void set(const Column& column, std::size_t row, std::uint8_t* home) {
    const FieldInfo& field = *column.field;
    std::uint8_t* member = home + field.offset;
    switch (column.kind) {
      case ColumnKind::kNarrow: std::memcpy(member, &column.narrow[row], field.width); break;  // little-endian
      case ColumnKind::kWide:
        if (field.type == FieldType::kMac) {
          const std::uint64_t mac = column.wide[row];
          store_be32(member, static_cast<std::uint32_t>(mac >> 16));
          store_be16(member + 4, static_cast<std::uint16_t>(mac));
        } else {
          std::memcpy(member, &column.wide[row], field.width);
        }
        break;
      case ColumnKind::kAddress: {
        const IpAddress address = addresses_.address(column.narrow[row]);
        std::memcpy(member, &address.bytes, sizeof address.bytes);
        std::memcpy(home + field.family_offset, &address.family, sizeof address.family);
        break;
      }
      case ColumnKind::kBytes: {
        const Slice slice = writer_.store(as_bytes(column.texts->bytes(column.narrow[row])));
        std::memcpy(member, &slice, sizeof slice);
        break;
      }
      case ColumnKind::kExtras: break;
    }
  }

 private:
  const AddressDictionary& addresses_;
  BatchWriter& writer_;
};

class BlockReader {
 public:
  BlockReader(const Segment& segment, unsigned block, Scratch& scratch)
      : segment_(segment), block_(block), scratch_(scratch) {}

  Result<void> load();
  Result<void> write(std::span<const std::uint8_t> keep, BatchWriter& writer);

 private:
  Result<void> load_column(const FieldInfo& field);
  bool same_origin(std::size_t a, std::size_t b) const;
  void set_origin(std::size_t row, Assembler& assembler, BatchWriter& writer) const;
  const std::vector<Column>& of(FieldHome home) const { return columns_[static_cast<std::size_t>(home)]; }
  std::size_t place_need(FieldHome home, std::size_t row) const;
  std::uint16_t write_place(FieldHome home, std::size_t row, Assembler& assembler, BatchWriter& writer, Flow& flow);

  const Segment& segment_;
  const unsigned block_;
  Scratch& scratch_;
  const AddressDictionary* addresses_ = nullptr;
  std::array<std::vector<Column>, kFieldHomes> columns_;  // by their home
  ExtrasBlock extras_;
  std::string texts_;  // of the place at hand
};

Result<void> BlockReader::load_column(const FieldInfo& field) {
  const ColumnId id = column_of(field.id);
  Column column{.field = &field, .kind = column_info(id).kind, .narrow = {}, .wide = {}, .present = {}};
  column.present.resize(kBlockRows);
  if (auto done = segment_.read_presence(id, block_, scratch_, column.present.data()); !done) return done;
  Result<void> done;
  if (column.kind == ColumnKind::kWide) {
    column.wide.resize(kBlockRows);
    done = segment_.read(id, block_, scratch_, column.wide.data());
  } else {
    column.narrow.resize(kBlockRows);
    done = segment_.read(id, block_, scratch_, column.narrow.data());
  }
  if (!done) return done;
  if (column.kind == ColumnKind::kBytes) {
    const auto texts = segment_.dictionary(id);
    if (!texts) return std::unexpected(texts.error());
    column.texts = *texts;
  }
  columns_[static_cast<std::size_t>(field.home)].push_back(std::move(column));
  return {};
}

Result<void> BlockReader::load() {
  const auto addresses = segment_.addresses();
  if (!addresses) return std::unexpected(addresses.error());
  addresses_ = *addresses;
  for (const FieldInfo& field : kFields) {
    if (!segment_.has(column_of(field.id))) continue;
    if (auto done = load_column(field); !done) return done;
  }
  return segment_.read_extras(block_, scratch_, extras_);
}

bool BlockReader::same_origin(std::size_t a, std::size_t b) const {
  for (const Column& column : of(FieldHome::kOrigin)) {
    if (column.kind == ColumnKind::kWide ? column.wide[a] != column.wide[b] : column.narrow[a] != column.narrow[b]) {
      return false;
    }
  }
  return true;
}

void BlockReader::set_origin(std::size_t row, Assembler& assembler, BatchWriter& writer) const {
  Origin origin{};
  std::string_view host;
  for (const Column& column : of(FieldHome::kOrigin)) {
    if (column.kind == ColumnKind::kBytes) {
      host = column.texts->bytes(column.narrow[row]);
    } else {
      assembler.set(column, row, reinterpret_cast<std::uint8_t*>(&origin));
    }
  }
  writer.set_origin(origin, host);
}

// What the place of a row takes of a batch's annex; 0 where the row has none.
std::size_t BlockReader::place_need(FieldHome home, std::size_t row) const {
  bool any = false;
  std::size_t texts = 0;
  for (const Column& column : of(home)) {
    if (column.present[row] == 0) continue;
    any = true;
    if (column.kind == ColumnKind::kBytes) texts += column.texts->bytes(column.narrow[row]).size();
  }
  return any ? FlowBatch::place_need(texts) : 0;
}

std::uint16_t BlockReader::write_place(FieldHome home, std::size_t row, Assembler& assembler, BatchWriter& writer,
                                       Flow& flow) {
  Place place{};
  auto* const members = reinterpret_cast<std::uint8_t*>(&place);
  bool any = false;
  texts_.clear();
  for (const Column& column : of(home)) {
    if (column.present[row] == 0) continue;
    any = true;
    flow.mark(column.field->id);
    if (column.kind != ColumnKind::kBytes) {
      assembler.set(column, row, members);
      continue;
    }
    const std::string_view text = column.texts->bytes(column.narrow[row]);
    const Slice slice{static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())};
    std::memcpy(members + column.field->offset, &slice, sizeof slice);
    texts_ += text;
  }
  return any ? writer.add_place(place, texts_) : std::uint16_t{0};
}

Result<void> BlockReader::write(std::span<const std::uint8_t> keep, BatchWriter& writer) {
  Assembler assembler(*addresses_, writer);
  std::optional<std::size_t> last;
  for (std::size_t row = 0; row < segment_.rows_in(block_); ++row) {
    if (!keep.empty() && keep[row] == 0) continue;
    if (!last || !same_origin(*last, row)) set_origin(row, assembler, writer);
    last = row;
    const Bytes extras =
        Bytes(extras_.bytes).subspan(extras_.offsets[row], extras_.offsets[row + 1] - extras_.offsets[row]);
    const auto size = extras_size(extras);
    if (!size) return fail(segment_.name() + ": malformed extras");
    std::size_t arena = padded(*size);
    for (const FieldHome home : {FieldHome::kFlow, FieldHome::kFlowCold}) {
      for (const Column& column : of(home)) {
        if (column.kind == ColumnKind::kBytes) arena += padded(column.texts->bytes(column.narrow[row]).size());
      }
    }
    const std::size_t annex = place_need(FieldHome::kSrcPlace, row) + place_need(FieldHome::kDstPlace, row);
    Flow* flow = writer.add(arena, annex);
    if (flow == nullptr) return fail(segment_.name() + ": a record that is larger than any batch");
    for (const Column& column : of(FieldHome::kFlow)) {
      if (column.present[row] == 0) continue;
      assembler.set(column, row, reinterpret_cast<std::uint8_t*>(flow));
      flow->mark(column.field->id);
    }
    for (const Column& column : of(FieldHome::kFlowCold)) {
      if (column.present[row] == 0) continue;
      assembler.set(column, row, reinterpret_cast<std::uint8_t*>(&writer.cold()));
      flow->mark(column.field->id);
    }
    if (annex > 0) {
      flow->src_place = write_place(FieldHome::kSrcPlace, row, assembler, writer, *flow);
      flow->dst_place = write_place(FieldHome::kDstPlace, row, assembler, writer, *flow);
    }
    if (*size > 0) decode_extras(extras, writer.allocate(*size, flow->extras));
  }
  return {};
}

}  // namespace

Result<void> read_flows(const Segment& segment, unsigned block, Scratch& scratch, std::span<const std::uint8_t> keep,
                        BatchWriter& writer) {
  BlockReader reader(segment, block, scratch);
  if (auto done = reader.load(); !done) return done;
  return reader.write(keep, writer);
}

}  // namespace weir
