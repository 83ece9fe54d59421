#include "query/row_tallies.h"

#include <algorithm>

namespace weir {

RowTallies::RowTallies() : room_(std::make_unique_for_overwrite<Room>()) {}

Result<void> RowTallies::load(BlockColumns& columns, const Selection& rows, Orientation orientation,
                              Sampling sampling) {
  count_ = rows.count;
  // A number that is 0 in the whole block need not be read.
  const auto read_narrow = [&](FieldId field) -> Result<const std::uint32_t*> {
    const auto zone = columns.zone(column_of(field));
    if (!zone) return std::unexpected(zone.error());
    if (zone->max == 0) return nullptr;
    return columns.narrow(column_of(field), rows);
  };
  const auto direction = read_narrow(FieldId::flow_direction);
  if (!direction) return std::unexpected(direction.error());
  direction_ = *direction;
  sampling_rate_ = nullptr;
  if (sampling == Sampling::kScaled) {
    const auto rate = read_narrow(FieldId::sampling_rate);
    if (!rate) return std::unexpected(rate.error());
    sampling_rate_ = *rate;
  }

  constexpr FieldId kCounters[] = {FieldId::packets, FieldId::bytes, FieldId::reverse_packets, FieldId::reverse_bytes};
  const std::uint64_t* counters[4];
  for (std::size_t i = 0; i < 4; ++i) {
    const auto values = read(columns, kCounters[i], rows, room_->scaled[i].data());
    if (!values) return std::unexpected(values.error());
    counters[i] = *values;
  }
  forward_ = {counters[0], counters[1]};
  reverse_ = {counters[2], counters[3]};
  if (orientation == Orientation::kReversed) std::swap(forward_, reverse_);
  return {};
}

Result<const std::uint64_t*> RowTallies::read(BlockColumns& columns, FieldId field, const Selection& rows,
                                              std::uint64_t* scaled) {
  const auto zone = columns.zone(column_of(field));
  if (!zone) return std::unexpected(zone.error());
  if (zone->max == 0) return nullptr;
  const auto values = columns.wide(column_of(field), rows);
  if (!values || sampling_rate_ == nullptr) return values;
  for (std::size_t i = 0; i < count_; ++i) {
    scaled[i] = saturating_multiply((*values)[i], std::max<std::uint64_t>(1, sampling_rate_[i]));
  }
  return scaled;
}

Tally RowTallies::observed() {
  if (direction_ == nullptr) return entered();
  const Tally in = entered(), out = left();
  return {choose(in.in_packets, out.in_packets, room_->observed[0].data()),
          choose(in.in_bytes, out.in_bytes, room_->observed[1].data()),
          choose(in.out_packets, out.out_packets, room_->observed[2].data()),
          choose(in.out_bytes, out.out_bytes, room_->observed[3].data())};
}

const std::uint64_t* RowTallies::choose(const std::uint64_t* ingress, const std::uint64_t* egress,
                                        std::uint64_t* out) const {
  if (ingress == nullptr && egress == nullptr) return nullptr;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::uint64_t* from = direction_[i] == 1 ? egress : ingress;
    out[i] = from == nullptr ? 0 : from[i];
  }
  return out;
}

Tally RowTallies::pick(const Tally& tally, std::span<const std::uint16_t> positions) {
  const auto picked = [&](const std::uint64_t* values, Column& out) -> const std::uint64_t* {
    if (values == nullptr) return nullptr;
    for (std::size_t i = 0; i < positions.size(); ++i) out[i] = values[positions[i]];
    return out.data();
  };
  return {picked(tally.in_packets, room_->picked[0]), picked(tally.in_bytes, room_->picked[1]),
          picked(tally.out_packets, room_->picked[2]), picked(tally.out_bytes, room_->picked[3])};
}

}  // namespace weir
