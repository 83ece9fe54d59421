// What rows count as in and as out (docs/query.md, "In and out").
//
// Thread rules: one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/error.h"
#include "query/block_columns.h"
#include "query/predicate.h"
#include "query/request.h"
#include "query/tally.h"

namespace weir {

class RowTallies {
 public:
  RowTallies();

  // Reads the counters of the selected rows. What the functions below return is good until the next call.
  Result<void> load(BlockColumns& columns, const Selection& rows, Orientation orientation, Sampling sampling);

  // As seen at the interface by which the rows entered, and at the one by which they left.
  Tally entered() const { return {forward_.packets, forward_.bytes, reverse_.packets, reverse_.bytes}; }
  Tally left() const { return {reverse_.packets, reverse_.bytes, forward_.packets, forward_.bytes}; }
  // As the exporter saw them: entering, unless it metered them where they left.
  Tally observed();
  // Whether the row was metered where it left.
  bool is_egress(std::size_t i) const { return direction_ != nullptr && direction_[i] == 1; }
  bool has_forward(std::size_t i) const { return forward_.any(i); }
  bool has_reverse(std::size_t i) const { return reverse_.any(i); }

  // The rows at `positions` of a tally.
  Tally pick(const Tally& tally, std::span<const std::uint16_t> positions);

 private:
  using Column = std::array<std::uint64_t, kBlockRows>;
  struct Sums {
    const std::uint64_t* packets = nullptr;
    const std::uint64_t* bytes = nullptr;

    bool any(std::size_t i) const {
      return (packets != nullptr && packets[i] != 0) || (bytes != nullptr && bytes[i] != 0);
    }
  };

  Result<const std::uint64_t*> read(BlockColumns& columns, FieldId field, const Selection& rows, std::uint64_t* scaled);
  const std::uint64_t* choose(const std::uint64_t* ingress, const std::uint64_t* egress, std::uint64_t* out) const;

  // With room for the four counters scaled, chosen by direction, and picked.
  struct Room {
    Column scaled[4];
    Column observed[4];
    Column picked[4];
  };

  std::size_t count_ = 0;
  Sums forward_;
  Sums reverse_;
  const std::uint32_t* direction_ = nullptr;      // null: all enter
  const std::uint32_t* sampling_rate_ = nullptr;  // null: not scaled
  std::unique_ptr<Room> room_;
};

}  // namespace weir
