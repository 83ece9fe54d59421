#include "query/row_filter.h"

#include <algorithm>
#include <string>

namespace weir {
namespace {

constexpr std::uint64_t kTimeResolution = 300'000'000'000;  // of the attribute `time`

Predicate window_and_condition(const FlowSelection& selection) {
  Predicate both;
  Predicate& window = both.children.emplace_back();
  window.kind = Predicate::Kind::kTest;
  window.test.column = kTimeColumn;
  window.test.numbers = IntervalSet({{selection.times.first, selection.times.last}});
  if (selection.condition) {
    both.children.push_back(make_predicate(*selection.condition, Orientation::kAsStored, kTimeResolution));
  }
  return both;
}

}  // namespace

RowFilter::RowFilter(const FlowSelection& selection, const Segment& segment, BoundPredicate predicate)
    : selection_(&selection),
      segment_(&segment),
      predicate_(std::move(predicate)),
      columns_(std::make_unique<BlockColumns>(false)),
      buffers_(std::make_unique<SelectBuffers>()),
      picks_(kBlockRows),
      keep_(kBlockRows) {}

Result<RowFilter> RowFilter::bind(const FlowSelection& selection, const Segment& segment) {
  auto predicate = BoundPredicate::bind(window_and_condition(selection), segment, false);
  if (!predicate) return std::unexpected(predicate.error());
  RowFilter filter(selection, segment, std::move(*predicate));
  if (selection.interfaces.restricts()) {
    if (auto bound = filter.bind_interfaces(); !bound) return std::unexpected(bound.error());
  }
  return filter;
}

Result<void> RowFilter::bind_interfaces() {
  interfaces_ = {{column_of(FieldId::in_if_name), column_of(FieldId::in_if), {}},
                 {column_of(FieldId::out_if_name), column_of(FieldId::out_if), {}}};
  for (Interface& interface : interfaces_) {
    const auto names = segment_->dictionary(interface.name);
    if (!names) return std::unexpected(names.error());
    interface.matches.assign((*names)->size() + 1, 0);
    for (std::uint32_t code = 1; code <= (*names)->size(); ++code) {
      interface.matches[code] = selection_->interfaces.matches((*names)->bytes(code)) ? 1 : 0;
    }
  }
  return {};
}

// A pattern takes its time, and exporters choose the indexes.
bool RowFilter::matches_unnamed(std::uint32_t index) {
  if (unnamed_.size() >= kBlockRows) unnamed_.clear();
  const auto [at, is_new] = unnamed_.try_emplace(index, false);
  if (is_new) at->second = selection_->interfaces.matches("if" + std::to_string(index));
  return at->second;
}

// Of the first `count` picks those that have an interface asked for; how many are left.
Result<std::size_t> RowFilter::keep_interfaces(std::size_t count) {
  std::vector<std::uint8_t> hit(count);
  const Selection rows{picks_.data(), count};
  for (const Interface& interface : interfaces_) {
    const auto codes = columns_->narrow(interface.name, rows);
    if (!codes) return std::unexpected(codes.error());
    const auto indexes = columns_->narrow(interface.index, rows);
    if (!indexes) return std::unexpected(indexes.error());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t code = (*codes)[i], index = (*indexes)[i];
      if (code >= interface.matches.size())
        return fail(segment_->name() + ": a code that its dictionary does not have");
      const bool matches = code != 0 ? interface.matches[code] != 0 : index != 0 && matches_unnamed(index);
      if (matches) hit[i] = 1;
    }
  }
  std::size_t left = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (hit[i] != 0) picks_[left++] = picks_[i];
  }
  return left;
}

Result<std::span<const std::uint8_t>> RowFilter::select(unsigned block) {
  constexpr std::span<const std::uint8_t> kNone;
  if (predicate_.verdict(block) == Verdict::kNone) return kNone;
  columns_->open(*segment_, block);
  auto count = predicate_.select(*columns_, Selection{nullptr, columns_->rows()}, *buffers_, picks_.data());
  if (count && *count != 0 && !interfaces_.empty()) count = keep_interfaces(*count);
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return kNone;
  std::ranges::fill(keep_, 0);
  for (std::size_t i = 0; i < *count; ++i) keep_[picks_[i]] = 1;
  return std::span<const std::uint8_t>(keep_).first(columns_->rows());
}

}  // namespace weir
