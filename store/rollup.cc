#include "store/rollup.h"

#include <algorithm>
#include <optional>

#include "store/conversations.h"
#include "store/rollup_input.h"
#include "store/rollup_names.h"
#include "store/rollup_output.h"
#include "store/rollup_table.h"

namespace weir {
namespace {

using Inputs = std::span<const std::shared_ptr<const Segment>>;

constexpr std::uint64_t kBlocksPerDay = 24 * 12;
// What a row takes at the most, when all have different keys: its conversation (IPv6) and its place in the table.
constexpr std::uint64_t kBytesPerRow = 200;
// The share of the budget that finished rows may take until they become an image.
constexpr std::size_t kOutputShare = 4;

struct Day {
  std::uint64_t first_block;
  std::uint64_t blocks;
  std::uint64_t rows;
};

Result<Day> day_of(Inputs inputs) {
  TimeRange times = TimeRange::none();
  std::uint64_t rows = 0;
  for (const auto& input : inputs) {
    times.add(input->summary().times);
    rows += input->summary().rows;
  }
  if (times.empty()) return Day{0, 0, 0};
  const std::uint64_t first = times.first / kRollupBlockNs, blocks = times.last / kRollupBlockNs - first + 1;
  if (blocks > kBlocksPerDay) return fail("segments to be rolled up together reach over more than a day");
  return Day{first, blocks, rows};
}

// Stretches of the day, one after the other, with at most `limit` rows each, unless a single block has more.
Result<std::vector<TimeRange>> slices_of(const Day& day, Inputs inputs, std::uint64_t limit, RollupInput& input) {
  const auto range = [&](std::uint64_t first, std::uint64_t last) {
    return TimeRange{(day.first_block + first) * kRollupBlockNs, (day.first_block + last + 1) * kRollupBlockNs - 1};
  };
  if (day.rows <= limit) return std::vector{range(0, day.blocks - 1)};
  std::vector<std::uint64_t> rows(day.blocks);
  for (const auto& segment : inputs) {
    if (auto ok = input.count_rows(*segment, day.first_block, rows); !ok) return std::unexpected(ok.error());
  }
  std::vector<TimeRange> slices;
  std::uint64_t first = 0, sum = 0;
  for (std::uint64_t block = 0; block < day.blocks; ++block) {
    if (sum != 0 && sum + rows[block] > limit) {
      slices.push_back(range(first, block - 1));
      first = block;
      sum = 0;
    }
    sum += rows[block];
  }
  slices.push_back(range(first, day.blocks - 1));
  return slices;
}

// Rolls up the rows in `times`; the result is how many.
Result<std::uint64_t> roll_up(const TimeRange& times, std::uint64_t first_block, Inputs inputs, RollupInput& input,
                              RollupNames& names, RollupOutput& output, MemoryBudget& budget) {
  RollupTable table(budget);
  std::uint64_t added = 0;
  {
    Conversations conversations(budget);
    for (const auto& segment : inputs) {
      if (auto ok = input.add_conversations(*segment, times, conversations); !ok) return std::unexpected(ok.error());
    }
    for (const auto& segment : inputs) {
      const auto rows = input.add_rows(*segment, times, first_block, conversations, names, table);
      if (!rows) return rows;
      added += *rows;
    }
  }
  for (const std::uint32_t row : table.sort()) output.add(table.row(row));
  return added;
}

}  // namespace

Result<std::vector<std::string>> make_rollup(Inputs inputs, std::uint64_t& next_id, MemoryBudget& budget) {
  const Result<Day> day = day_of(inputs);
  if (!day) return std::unexpected(day.error());
  if (day->rows == 0) return std::vector<std::string>();
  Result<RollupNames> names = RollupNames::make(inputs, budget);
  if (!names) return std::unexpected(names.error());

  BudgetShare output_share(budget);
  const std::size_t output_memory = budget.limit() / kOutputShare;
  if (!output_share.resize(output_memory)) return fail("rolling up needs more memory than allowed");
  RollupOutput output(*names, day->first_block, output_memory, next_id);

  RollupInput input;
  const std::uint64_t limit = (budget.limit() - budget.used()) / kBytesPerRow;
  const auto slices = slices_of(*day, inputs, limit, input);
  if (!slices) return std::unexpected(slices.error());
  std::uint64_t added = 0;
  for (const TimeRange& slice : *slices) {
    const auto rows = roll_up(slice, day->first_block, inputs, input, *names, output, budget);
    if (!rows) return std::unexpected(rows.error());
    added += *rows;
  }
  if (added != day->rows) return fail("segments to be rolled up have rows outside the times that they tell");
  return output.finish();
}

}  // namespace weir
