// One thread's groups: takes in the rows that matched, at the interfaces they count at.
//
// Thread rules: one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/memory_budget.h"
#include "query/block_columns.h"
#include "query/groups.h"
#include "query/key_builder.h"
#include "query/plan.h"
#include "query/row_tallies.h"
#include "query/segment_codes.h"

namespace weir {

// The times of the rows that counted, of all threads together.
class FoundTimes {
 public:
  bool covers(const TimeRange& times) const { return get().contains(times); }
  void add(const TimeRange& times);
  TimeRange get() const { return {first_.load(std::memory_order_relaxed), last_.load(std::memory_order_relaxed)}; }

 private:
  std::atomic<std::uint64_t> first_{TimeRange::none().first};
  std::atomic<std::uint64_t> last_{TimeRange::none().last};
};

class Accumulator {
 public:
  // All outlive this.
  Accumulator(const Plan& plan, KeyValues& values, FoundTimes& found, Groups& groups);

  // Before the first block of another segment.
  void open_segment(const Segment& segment, const SegmentCodes& codes);
  // Takes in the selected rows of the block that `columns` stands at. Errors: the segment is damaged, the budget is
  // used up.
  Result<void> add(BlockColumns& columns, const Selection& rows, Orientation orientation);

  // After the last row.
  Result<void> finish();

  std::uint64_t rows() const { return rows_; }  // that counted
  // The numbers of the interfaces at which rows counted, among KeyValues::interfaces; 1 at each.
  std::span<const std::uint8_t> interfaces() const { return contributed_; }

 private:
  enum class Admitted : std::uint8_t { kUnknown, kYes, kNo };
  enum class Side : std::uint8_t { kIn, kOut };

  Result<void> add_once(BlockColumns& columns, const Selection& rows);
  Result<void> add_by_interface(BlockColumns& columns, const Selection& rows, Orientation orientation);
  // Adds the rows at positions_, at an interface each where `interfaces` is given.
  Result<void> add_positions(const Tally& tally, const std::uint32_t* interfaces);
  void choose_side(Side side, Orientation orientation, std::size_t count);
  void choose_without_interface(std::size_t count);
  Result<void> find_divided(BlockColumns& columns, const Selection& rows);
  Result<void> add_divided(Side side, std::size_t count);
  Result<void> read_one_sided(BlockColumns& columns, const Selection& rows);
  Result<void> note_times(BlockColumns& columns, const Selection& rows);
  bool admits(std::uint32_t interface);
  Result<void> add_groups(const std::uint64_t* keys, std::size_t count, const Tally& tally);

  const Plan& plan_;
  KeyValues& values_;
  FoundTimes& found_;
  const SegmentCodes* codes_ = nullptr;
  bool rollup_ = false;
  KeyBuilder builder_;
  RowTallies tallies_;
  std::unique_ptr<GroupIntake> groups_;
  std::uint64_t rows_ = 0;
  std::vector<Admitted> admitted_;         // by interface
  std::vector<std::uint8_t> contributed_;  // by interface
  std::vector<std::uint32_t> both_sides_;  // codes of such exporters in this segment, sorted

  std::vector<std::uint64_t> keys_;           // of the selected rows
  std::vector<std::uint64_t> picked_keys_;    // of those at positions_
  std::vector<std::uint16_t> positions_;      // among the selected rows
  std::vector<std::uint32_t> in_, out_;       // interfaces of the selected rows
  std::vector<std::uint8_t> one_sided_;       // 1: counts only on the side where it was metered
  std::vector<std::uint8_t> divided_;         // 1: each direction counts only on the side where it was metered
  std::vector<std::uint8_t> counted_;         // 1: counts somewhere
  std::vector<std::uint16_t> counted_picks_;  // rows of the block that count
};

}  // namespace weir
