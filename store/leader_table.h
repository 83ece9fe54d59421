// A column as a function of another: a table of the value that goes with each value of the leader, as the writer finds
// it.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weir {

template <typename T>
struct LeaderTable {
  std::vector<T> values;       // by the leader's value
  std::size_t exceptions = 0;  // rows with another value, estimated where there are many rows
};

// The value that most rows have, for each of the leader's values up to `largest`. Nullopt where too many rows have
// another.
template <typename T>
std::optional<LeaderTable<T>> follow(std::span<const T> values, const std::uint32_t* leader, std::uint32_t largest);

}  // namespace weir
