#include "store/rollup.h"

#include "store/conversations.h"
#include "store/rollup_input.h"
#include "store/rollup_names.h"
#include "store/rollup_output.h"
#include "store/rollup_table.h"

namespace weir {
namespace {

using Inputs = std::span<const std::shared_ptr<const Segment>>;

constexpr std::uint64_t kBlocksPerDay = 24 * 12;
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

class Roller {
 public:
  Roller(Inputs inputs, std::uint64_t first_block, RollupNames& names, RollupOutput& output, MemoryBudget& budget)
      : inputs_(inputs), first_block_(first_block), names_(names), output_(output), budget_(budget) {}

  // Rolls up `count` five-minute blocks, in halves where all of them do not fit the budget. The result is how many rows
  // they had.
  Result<std::uint64_t> roll_up(std::uint64_t first, std::uint64_t count) {
    const auto rows = roll_up({first * kRollupBlockNs, (first + count) * kRollupBlockNs - 1});
    if (rows || count == 1 || !budget_.refused()) return rows;
    const auto one = roll_up(first, count / 2);
    if (!one) return one;
    const auto other = roll_up(first + count / 2, count - count / 2);
    if (!other) return other;
    return *one + *other;
  }

 private:
  Result<std::uint64_t> roll_up(const TimeRange& times) {
    RollupTable table(budget_);
    const auto rows = add_rows(times, table);
    if (!rows) return rows;
    if (!table.sort()) return fail("rolling up needs more memory than allowed");
    for (const std::uint32_t row : table.order()) output_.add(table.row(row));
    return rows;
  }

  Result<std::uint64_t> add_rows(const TimeRange& times, RollupTable& table) {
    Conversations conversations(budget_);
    for (const auto& segment : inputs_) {
      if (auto ok = input_.add_conversations(*segment, times, conversations); !ok) return std::unexpected(ok.error());
    }
    std::uint64_t sum = 0;
    for (const auto& segment : inputs_) {
      const auto rows = input_.add_rows(*segment, times, first_block_, conversations, names_, table);
      if (!rows) return rows;
      sum += *rows;
    }
    return sum;
  }

  const Inputs inputs_;
  const std::uint64_t first_block_;
  RollupNames& names_;
  RollupOutput& output_;
  MemoryBudget& budget_;
  RollupInput input_;
};

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

  Roller roller(inputs, day->first_block, *names, output, budget);
  const auto rows = roller.roll_up(day->first_block, day->blocks);
  if (!rows) return std::unexpected(rows.error());
  if (*rows != day->rows) return fail("segments to be rolled up have rows outside the times that they tell");
  return output.finish();
}

}  // namespace weir
