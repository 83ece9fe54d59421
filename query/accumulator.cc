#include "query/accumulator.h"

#include <algorithm>

#include "flow/sides.h"

namespace weir {
namespace {

constexpr ColumnId kExporter = column_of(FieldId::sampler_address);

void lower(std::atomic<std::uint64_t>& at, std::uint64_t to) {
  std::uint64_t now = at.load(std::memory_order_relaxed);
  while (to < now && !at.compare_exchange_weak(now, to, std::memory_order_relaxed)) {
  }
}

void raise(std::atomic<std::uint64_t>& at, std::uint64_t to) {
  std::uint64_t now = at.load(std::memory_order_relaxed);
  while (to > now && !at.compare_exchange_weak(now, to, std::memory_order_relaxed)) {
  }
}

}  // namespace

void FoundTimes::add(const TimeRange& times) {
  lower(first_, times.first);
  raise(last_, times.last);
}

Accumulator::Accumulator(const Plan& plan, KeyValues& values, FoundTimes& found, Groups& groups)
    : plan_(plan),
      values_(values),
      found_(found),
      builder_(values),
      groups_(groups.intake()),
      keys_(kBlockRows * plan.layout.words()) {
  if (!plan.by_interface) return;
  picked_keys_.resize(keys_.size());
  positions_.reserve(kBlockRows);
  for (auto* interfaces : {&in_, &out_}) interfaces->resize(kBlockRows);
  for (auto* flags : {&one_sided_, &divided_, &counted_}) flags->resize(kBlockRows);
  counted_picks_.reserve(kBlockRows);
}

void Accumulator::open_segment(const Segment& segment, const SegmentCodes& codes) {
  codes_ = &codes;
  rollup_ = segment.summary().tier == Tier::kRollup;
  builder_.open_segment();
  both_sides_.clear();
  if (!plan_.by_interface || plan_.both_sides.empty() || !segment.has(kExporter)) return;
  for (const IpAddress& exporter : plan_.both_sides) {
    if (const std::uint32_t code = codes.addresses().find(exporter); code != 0) both_sides_.push_back(code);
  }
  std::ranges::sort(both_sides_);
}

Result<void> Accumulator::add(BlockColumns& columns, const Selection& rows, Orientation orientation) {
  if (auto ok = tallies_.load(columns, rows, orientation, plan_.request.sampling); !ok) return ok;
  if (auto ok = builder_.build(plan_.layout, columns, *codes_, rows, orientation, keys_.data()); !ok) return ok;
  return plan_.by_interface ? add_by_interface(columns, rows, orientation) : add_once(columns, rows);
}

Result<void> Accumulator::finish() {
  if (!groups_->finish()) return fail("no memory left");
  return {};
}

Result<void> Accumulator::add_groups(const std::uint64_t* keys, std::size_t count, const Tally& tally) {
  if (!groups_->add(keys, count, tally)) return fail("no memory left");
  return {};
}

Result<void> Accumulator::add_once(BlockColumns& columns, const Selection& rows) {
  rows_ += rows.count;
  if (auto ok = note_times(columns, rows); !ok) return ok;
  return add_groups(keys_.data(), rows.count, tallies_.observed());
}

Result<void> Accumulator::add_by_interface(BlockColumns& columns, const Selection& rows, Orientation orientation) {
  if (auto ok = builder_.interfaces(columns, *codes_, rows, orientation, false, in_.data()); !ok) return ok;
  if (auto ok = builder_.interfaces(columns, *codes_, rows, orientation, true, out_.data()); !ok) return ok;
  if (auto ok = read_one_sided(columns, rows); !ok) return ok;
  std::fill_n(counted_.begin(), rows.count, std::uint8_t{0});
  std::fill_n(divided_.begin(), rows.count, std::uint8_t{0});
  if (rollup_ && !both_sides_.empty()) {
    if (auto ok = find_divided(columns, rows); !ok) return ok;
    for (const Side side : {Side::kIn, Side::kOut}) {
      if (auto ok = add_divided(side, rows.count); !ok) return ok;
    }
  }

  choose_side(Side::kIn, orientation, rows.count);
  if (auto ok = add_positions(tallies_.entered(), in_.data()); !ok) return ok;
  choose_side(Side::kOut, orientation, rows.count);
  if (auto ok = add_positions(tallies_.left(), out_.data()); !ok) return ok;
  if (!plan_.request.interfaces.restricts()) {
    choose_without_interface(rows.count);
    if (!positions_.empty()) {
      if (auto ok = add_positions(tallies_.observed(), nullptr); !ok) return ok;
    }
  }

  counted_picks_.clear();
  for (std::size_t i = 0; i < rows.count; ++i) {
    if (counted_[i] != 0) counted_picks_.push_back(rows.row(i));
  }
  rows_ += counted_picks_.size();
  return counted_picks_.empty() ? Result<void>{} : note_times(columns, {counted_picks_.data(), counted_picks_.size()});
}

// Interfaces change places with the other things of a flow's sides: what was metered where it left is metered where it
// enters, seen from its answer.
void Accumulator::choose_side(Side side, Orientation orientation, std::size_t count) {
  const std::vector<std::uint32_t>& interfaces = side == Side::kIn ? in_ : out_;
  const bool reversed = orientation == Orientation::kReversed;
  positions_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (interfaces[i] == 0 || !admits(interfaces[i])) continue;
    const Side metered = tallies_.is_egress(i) != reversed ? Side::kOut : Side::kIn;
    if (one_sided_[i] != 0 && (metered != side || divided_[i] != 0)) continue;
    positions_.push_back(static_cast<std::uint16_t>(i));
    contributed_[interfaces[i]] = 1;
  }
}

// Rows of a roll-up whose two directions came as flows of their own (store/rollup.h).
Result<void> Accumulator::find_divided(BlockColumns& columns, const Selection& rows) {
  const auto paired = columns.wide(column_of(FieldId::reverse_time_flow_end_ns), rows);
  if (!paired) return std::unexpected(paired.error());
  for (std::size_t i = 0; i < rows.count; ++i) divided_[i] = one_sided_[i] != 0 && (*paired)[i] == 0 ? 1 : 0;
  return {};
}

// What entered was metered at one side, what came back at the other; a direction without traffic counts nowhere, and a
// row without any as if it had entered.
Result<void> Accumulator::add_divided(Side side, std::size_t count) {
  const std::vector<std::uint32_t>& interfaces = side == Side::kIn ? in_ : out_;
  for (const bool forward : {true, false}) {
    positions_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      if (divided_[i] == 0 || interfaces[i] == 0 || !admits(interfaces[i])) continue;
      if ((tallies_.is_egress(i) == forward) != (side == Side::kOut)) continue;
      if (forward ? !tallies_.has_forward(i) && tallies_.has_reverse(i) : !tallies_.has_reverse(i)) continue;
      positions_.push_back(static_cast<std::uint16_t>(i));
      contributed_[interfaces[i]] = 1;
    }
    const Tally tally = side == Side::kIn ? tallies_.entered() : tallies_.left();
    if (auto ok = add_positions(forward == (side == Side::kIn) ? tally.in() : tally.out(), interfaces.data()); !ok) {
      return ok;
    }
  }
  return {};
}

void Accumulator::choose_without_interface(std::size_t count) {
  positions_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (in_[i] == 0 && out_[i] == 0) positions_.push_back(static_cast<std::uint16_t>(i));
  }
}

Result<void> Accumulator::add_positions(const Tally& tally, const std::uint32_t* interfaces) {
  if (positions_.empty()) return {};
  const std::size_t words = plan_.layout.words();
  const KeyPart* part = plan_.layout.interface();
  std::uint64_t* key = picked_keys_.data();
  for (const std::uint16_t i : positions_) {
    std::copy_n(&keys_[i * words], words, key);
    if (part != nullptr && interfaces != nullptr)
      key[part->place.word] |= std::uint64_t{interfaces[i]} << part->place.shift;
    counted_[i] = 1;
    key += words;
  }
  return add_groups(picked_keys_.data(), positions_.size(), tallies_.pick(tally, positions_));
}

Result<void> Accumulator::read_one_sided(BlockColumns& columns, const Selection& rows) {
  std::fill_n(one_sided_.begin(), rows.count, std::uint8_t{0});
  if (both_sides_.empty()) return {};
  const auto exporters = columns.narrow(kExporter, rows);
  if (!exporters) return std::unexpected(exporters.error());
  for (std::size_t i = 0; i < rows.count; ++i) {
    one_sided_[i] = std::ranges::binary_search(both_sides_, (*exporters)[i]) ? 1 : 0;
  }
  return {};
}

Result<void> Accumulator::note_times(BlockColumns& columns, const Selection& rows) {
  const auto zone = columns.zone(kTimeColumn);
  if (!zone) return std::unexpected(zone.error());
  const TimeRange block{zone->min, zone->max};
  if (found_.covers(block)) return {};
  if (rows.count == columns.rows()) {
    found_.add(block);
    return {};
  }
  const auto times = columns.wide(kTimeColumn, rows);
  if (!times) return std::unexpected(times.error());
  const auto [first, last] = std::minmax_element(*times, *times + rows.count);
  found_.add({*first, *last});
  return {};
}

bool Accumulator::admits(std::uint32_t interface) {
  if (interface >= admitted_.size()) {
    admitted_.resize(interface + 1);
    contributed_.resize(interface + 1);
  }
  Admitted& admitted = admitted_[interface];
  if (admitted == Admitted::kUnknown) {
    const InterfaceFilter& filter = plan_.request.interfaces;
    const bool yes = !filter.restricts() || filter.matches(values_.interfaces.copy(interface));
    admitted = yes ? Admitted::kYes : Admitted::kNo;
  }
  return admitted == Admitted::kYes;
}

}  // namespace weir
