#include "query/block_columns.h"

#include <span>
#include <type_traits>

#include "flow/names.h"

namespace weir {
namespace {

// Below one row in so many, picking rows is cheaper than reading all.
constexpr std::size_t kGatherBelow = 8;

constexpr ColumnId kProto = column_of(FieldId::proto);

template <typename T>
std::unique_ptr<T[]>& allocated(std::unique_ptr<T[]>& buffer) {
  if (buffer == nullptr) buffer = std::make_unique_for_overwrite<T[]>(kBlockRows);
  return buffer;
}

}  // namespace

bool may_be_icmp(const Zone& protocols) {
  const auto may_be = [&](std::uint8_t proto) { return protocols.min <= proto && proto <= protocols.max; };
  return may_be(kProtoIcmp) || may_be(kProtoIcmpv6);
}

void BlockColumns::open(const Segment& segment, unsigned block) {
  segment_ = &segment;
  block_ = block;
  rows_ = segment.rows_in(block);
  ++opening_;
  focused_ = false;
}

void BlockColumns::focus(const Selection& rows) {
  focused_ = rows.picks != nullptr && rows.count * kGatherBelow < rows_;
  if (!focused_) return;
  focus_ = rows;
  ++focus_number_;
  allocated(place_in_focus_);
  for (std::size_t i = 0; i < rows.count; ++i) place_in_focus_[rows.picks[i]] = static_cast<std::uint16_t>(i);
}

Result<Zone> BlockColumns::zone(ColumnId column) const {
  const auto zones = segment_->zones(column);
  if (!zones) return std::unexpected(zones.error());
  return (*zones)[block_];
}

Result<const std::uint32_t*> BlockColumns::narrow(ColumnId column, const Selection& selection) {
  return values(narrow_[static_cast<std::size_t>(column)], column, selection);
}

Result<const std::uint64_t*> BlockColumns::wide(ColumnId column, const Selection& selection) {
  return values(wide_[static_cast<std::size_t>(column)], column, selection);
}

template <typename T>
Result<const T*> BlockColumns::values(Buffer<T>& buffer, ColumnId column, const Selection& selection) {
  const bool all = selection.picks == nullptr;
  if (buffer.read != opening_ && focused_) return focused_values(buffer, column, selection);
  if (buffer.read != opening_ && !all && selection.count * kGatherBelow < rows_) {
    T* out = allocated(buffer.picked).get();
    if (auto ok = gather(column, selection, out); !ok) return std::unexpected(ok.error());
    return out;
  }
  if (buffer.read != opening_) {
    T* out = allocated(buffer.whole).get();
    if (auto ok = segment_->read(column, block_, scratch_, out); !ok) return std::unexpected(ok.error());
    if (auto ok = clear_icmp_ports(column, {nullptr, rows_}, out); !ok) return std::unexpected(ok.error());
    buffer.read = opening_;
  }
  const T* whole = buffer.whole.get();
  if (all) return whole;
  T* out = allocated(buffer.picked).get();
  for (std::size_t i = 0; i < selection.count; ++i) out[i] = whole[selection.picks[i]];
  return out;
}

template <typename T>
Result<const T*> BlockColumns::focused_values(Buffer<T>& buffer, ColumnId column, const Selection& selection) {
  T* focused = allocated(buffer.focused).get();
  if (buffer.focus != focus_number_) {
    if (auto ok = gather(column, focus_, focused); !ok) return std::unexpected(ok.error());
    buffer.focus = focus_number_;
  }
  if (selection.picks == focus_.picks && selection.count == focus_.count) return focused;
  T* out = allocated(buffer.picked).get();
  for (std::size_t i = 0; i < selection.count; ++i) out[i] = focused[place_in_focus_[selection.picks[i]]];
  return out;
}

template <typename T>
Result<void> BlockColumns::gather(ColumnId column, const Selection& selection, T* out) {
  const std::span picks(selection.picks, selection.count);
  if (auto ok = segment_->gather(column, block_, picks, scratch_, out); !ok) return ok;
  return clear_icmp_ports(column, selection, out);
}

template <typename T>
Result<void> BlockColumns::clear_icmp_ports(ColumnId column, const Selection& selection, T* values) {
  if (!icmp_has_no_ports_ || !is_port(column) || !has(column)) return {};
  const auto protocols = zone(kProto);
  if (!protocols) return std::unexpected(protocols.error());
  if (!may_be_icmp(*protocols)) return {};
  const auto proto = narrow(kProto, selection);
  if (!proto) return std::unexpected(proto.error());
  for (std::size_t i = 0; i < selection.count; ++i) {
    if ((*proto)[i] == kProtoIcmp || (*proto)[i] == kProtoIcmpv6) values[i] = 0;
  }
  return {};
}

}  // namespace weir
