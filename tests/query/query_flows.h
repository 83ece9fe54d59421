// Random flows and stores of them for the tests of queries: few different values, so that queries meet and group them,
// and every field, absent or not.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "flow/batch.h"
#include "store/segment_writer.h"
#include "store/snapshot.h"
#include "tests/query/naive_query.h"

namespace weir::test {

inline constexpr std::uint64_t kFlowsBegin = 1'790'000'000'000'000'000;
inline constexpr std::uint64_t kMs = 1'000'000;
inline constexpr std::uint64_t kMinute = 60'000 * kMs;

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t n) { return random() % n; }
template <typename T>
const T& any_of(Random& random, const std::vector<T>& values) {
  return values[below(random, values.size())];
}

// What flows are made of.
const std::vector<IpAddress>& known_addresses();
const std::vector<std::string>& known_interfaces();  // names, and "if<index>"
std::vector<std::uint64_t> known_numbers(FieldId field);

struct FlowMix {
  std::uint64_t begin = kFlowsBegin;  // of the times of receipt
  std::uint64_t step = 2000 * kMs;    // between two flows, on average
  unsigned rare = 10;                 // percent of flows that have a field which is seldom there
};

// Flows in batches, each batch as it would come from a collector.
std::vector<BatchRef> random_flows(Random& random, std::size_t count, const FlowMix& mix);

// A snapshot made by hand, with its rows beside it.
struct TestStore {
  Snapshot snapshot;
  std::vector<NaiveRow> rows;
  TimeRange data = TimeRange::none();

  void add(const std::vector<BatchRef>& batches, Effort effort = Effort::kQuick, Tier tier = Tier::kRaw);
};

}  // namespace weir::test
