#include "codecs/encode_shapes.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "codecs/template_plan.h"

namespace weir {

ShapeTable::ShapeTable(ExportProtocol protocol)
    : layouts_(group_layouts(protocol)), fusions_(group_fusions(protocol)) {}

// Leaves the key's shape in `latest_`.
void ShapeTable::find_cached(const PresenceKey& key, const Grouping& grouping) {
  const std::uint64_t mixed =
      (key.present[0] ^ key.present[1] * 0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93 ^ key.families;
  CacheEntry& entry = cache_[(mixed ^ mixed >> 29 ^ mixed >> 53) % cache_.size()];
  if (entry.template_id == 0 || !(entry.key == key) || shapes_[entry.slot].template_id != entry.template_id) {
    const RecordShape& shape = find(grouping.groups(key), RecordTail{});
    entry = {key, shape.template_id, static_cast<std::uint8_t>(&shape - shapes_.data())};
  }
  latest_ = entry;
}

RecordShape& ShapeTable::find(GroupSet groups, const RecordTail& tail) {
  const auto fits = [&](const RecordShape& shape) {
    return shape.groups == groups && shape.template_id != 0 && shape.tail == tail;
  };
  if (!fits(shapes_[last_])) {
    const auto found = std::ranges::find_if(shapes_, fits);
    if (found == shapes_.end()) return make(groups, tail);
    last_ = static_cast<std::size_t>(found - shapes_.begin());
  }
  shapes_[last_].last_used = ++clock_;
  return shapes_[last_];
}

RecordShape& ShapeTable::make(GroupSet groups, const RecordTail& tail) {
  RecordShape& shape = *std::ranges::min_element(shapes_, {}, &RecordShape::last_used);
  if (shape.template_id != 0) {
    ++evictions_;
    if (shape.announced) evicted_id_ = shape.template_id;
  }
  shape = RecordShape{};
  shape.template_id = free_id();
  shape.groups = groups;
  shape.tail = tail;
  shape.last_used = ++clock_;
  compile(shape);
  ++made_;
  return shape;
}

const GroupLayout& ShapeTable::layout_of(GroupSet one) const {
  return layouts_[static_cast<std::size_t>(std::countr_zero(one))];
}

void ShapeTable::compile(RecordShape& shape) const {
  const auto announce = [&shape](const FieldSpec& spec) {
    ++shape.fields;
    shape.template_length += spec.enterprise == 0 ? 4 : 8;
  };
  shape.template_length = 4;
  for (GroupSet left = shape.groups; left != 0;) {
    const GroupSet first = left & -left;
    // A fusion that starts here and has all groups of the record between its first and its last one.
    const auto fused = std::ranges::find_if(fusions_, [&](const Fusion& f) {
      return (f.groups & -f.groups) == first && (left & (std::bit_floor(f.groups) * 2 - 1)) == f.groups;
    });
    const GroupLayout& layout = fused == fusions_.end() ? layout_of(first) : fused->layout;
    shape.steps.push_back({layout.write, layout.length});
    shape.fixed_length += layout.length;
    left &= ~(fused == fusions_.end() ? first : fused->groups);
  }
  for (GroupSet left = shape.groups; left != 0; left &= left - 1) {
    for (const FieldSpec& spec : layout_of(left & -left).specs) announce(spec);
  }
  shape.has_tail = !shape.tail.empty();
  for_each_tail_spec(shape.tail, [&](const FieldSpec& spec) {
    announce(spec);
    if (spec.length != kVariableLength) shape.fixed_length += spec.length;
  });
}

// Ids are not used again until all have been: a collector that missed a change must not read one shape as another.
std::uint16_t ShapeTable::free_id() {
  const auto taken = [this](std::uint16_t id) {
    return std::ranges::any_of(shapes_, [id](const RecordShape& shape) { return shape.template_id == id; });
  };
  while (taken(next_id_)) next_id_ = next_id_ == 0xffff ? kFirstId : static_cast<std::uint16_t>(next_id_ + 1);
  return std::exchange(next_id_, next_id_ == 0xffff ? kFirstId : static_cast<std::uint16_t>(next_id_ + 1));
}

void ShapeTable::forget_announced() {
  for (RecordShape& shape : shapes_) shape.announced = false;
}

std::uint16_t ShapeTable::take_evicted() { return std::exchange(evicted_id_, std::uint16_t{0}); }

}  // namespace weir
