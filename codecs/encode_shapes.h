// The shapes that an encoder knows: a template each, with the plan that writes its records.
//
// Thread rules: owned by one encoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "codecs/encode_groups.h"
#include "codecs/encode_tail.h"

namespace weir {

struct RecordShape {
  std::uint16_t template_id = 0;  // 0: no shape
  bool announced = false;         // since the last refresh
  GroupSet groups = 0;
  std::uint64_t last_used = 0;
  // The plan: what writes each group, and how far it moves on.
  struct Step {
    void (*write)(std::uint8_t* p, const RecordSource& source);
    std::size_t length;
  };
  std::vector<Step> steps;
  std::size_t fixed_length = 0;  // of a record, but for what is of variable length
  bool has_tail = false;
  std::size_t fields = 0;
  std::size_t template_length = 0;
  RecordTail tail;
};

class ShapeTable {
 public:
  static constexpr std::size_t kMaxShapes = 64;
  static constexpr std::uint16_t kFirstId = 260;  // those below are of options templates

  explicit ShapeTable(ExportProtocol protocol);

  // The shape of a flow without a tail. `grouping` is asked only for keys that it was not asked for lately.
  RecordShape& find(const PresenceKey& key, const Grouping& grouping);
  RecordShape& find(GroupSet groups, const RecordTail& tail);

  // Templates must be announced anew.
  void forget_announced();
  // The id of an announced shape that gave way in the last find(); 0: none did. Asking takes it.
  std::uint16_t take_evicted();

  std::uint64_t made() const { return made_; }
  std::uint64_t evicted() const { return evictions_; }
  std::array<RecordShape, kMaxShapes>& all() { return shapes_; }

 private:
  struct CacheEntry {
    PresenceKey key{};
    std::uint16_t template_id = 0;
    std::uint8_t slot = 0;
  };

  void find_cached(const PresenceKey& key, const Grouping& grouping);
  RecordShape& make(GroupSet groups, const RecordTail& tail);
  const GroupLayout& layout_of(GroupSet one) const;
  void compile(RecordShape& shape) const;
  std::uint16_t free_id();

  std::span<const GroupLayout, kGroupCount> layouts_;
  std::span<const Fusion> fusions_;
  std::array<RecordShape, kMaxShapes> shapes_;
  std::array<CacheEntry, 256> cache_;
  CacheEntry latest_;
  std::size_t last_ = 0;
  std::uint64_t clock_ = 0;
  std::uint16_t next_id_ = kFirstId;
  std::uint16_t evicted_id_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t evictions_ = 0;
};

// Flows of one shape come in rows, so the last one is tried first, without waiting for a hash.
[[gnu::always_inline]] inline RecordShape& ShapeTable::find(const PresenceKey& key, const Grouping& grouping) {
  if (latest_.template_id == 0 || !(latest_.key == key) || shapes_[latest_.slot].template_id != latest_.template_id)
      [[unlikely]] {
    find_cached(key, grouping);
  }
  RecordShape& shape = shapes_[latest_.slot];
  shape.last_used = ++clock_;
  return shape;
}

// Writes a record of the shape at `p`.
inline void write_record(std::uint8_t* p, const RecordShape& shape, const RecordSource& source, ExportExtras which) {
  for (const RecordShape::Step& step : shape.steps) {
    step.write(p, source);
    p += step.length;
  }
  if (shape.has_tail) write_tail(p, shape.tail, source, which);
}

}  // namespace weir
