#include "store/leader_table.h"

#include <algorithm>

namespace weir {
namespace {

// A share of rows that must not be exceptions, so that reading stays quick.
constexpr std::size_t kMaxExceptions = 16;

// The vote of Boyer and Moore: where one value has the majority it is the one left.
template <typename T>
struct Vote {
  T value = 0;
  std::uint32_t lead = 0;
};

template <typename T>
std::size_t count_exceptions(std::span<const T> values, const std::uint32_t* leader,
                             const std::vector<Vote<T>>& votes) {
  std::size_t exceptions = 0;
  for (std::size_t i = 0; i < values.size(); ++i) exceptions += votes[leader[i]].value != values[i];
  return exceptions;
}

template <typename T>
void vote(std::span<const T> values, const std::uint32_t* leader, std::vector<Vote<T>>& votes) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Vote<T>& v = votes[leader[i]];
    if (v.value == values[i]) {
      ++v.lead;
    } else if (v.lead == 0) {
      v = {values[i], 1};
    } else {
      --v.lead;
    }
  }
}

}  // namespace

template <typename T>
std::optional<LeaderTable<T>> follow(std::span<const T> values, const std::uint32_t* leader, std::uint32_t largest) {
  std::vector<Vote<T>> votes(std::size_t{largest} + 1);
  // A first stretch tells whether it is worth while.
  constexpr std::size_t kProbe = 32 * 1024;
  const std::size_t probe = std::min(kProbe, values.size());
  vote(values.first(probe), leader, votes);
  if (count_exceptions(values.first(probe), leader, votes) > probe / (kMaxExceptions / 2)) return std::nullopt;
  vote(values.subspan(probe), leader + probe, votes);
  // Another in the middle stands for all: pages that do not fit are written without the table.
  const std::size_t middle = (values.size() - probe) / 2;
  const std::size_t exceptions = count_exceptions(values.subspan(middle, probe), leader + middle, votes);
  if (exceptions > probe / kMaxExceptions) return std::nullopt;
  LeaderTable<T> table;
  table.exceptions = exceptions * values.size() / probe;
  table.values.reserve(votes.size());
  for (const Vote<T>& v : votes) table.values.push_back(v.value);
  return table;
}

template std::optional<LeaderTable<std::uint32_t>> follow(std::span<const std::uint32_t>, const std::uint32_t*,
                                                          std::uint32_t);
template std::optional<LeaderTable<std::uint64_t>> follow(std::span<const std::uint64_t>, const std::uint32_t*,
                                                          std::uint32_t);

}  // namespace weir
