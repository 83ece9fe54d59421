// Which counters an answer shows, by the direction asked for.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/request.h"
#include "query/result.h"

namespace weir {

// One counter of the answer: "packets" over "in", and how it is read.
struct ShownCounter {
  std::string_view unit;       // "packets", "bytes"
  std::string_view direction;  // "in", "out", "in+out"
  bool last_of_unit;           // its share stands behind it
  std::uint64_t (*read)(const FlowCounters&);
  std::uint64_t (*share_of)(const FlowCounters&);  // what the share is taken of
};

std::vector<ShownCounter> shown_counters(Counters counters);

// 100 * part / whole, 0 where there is no whole.
double percent(std::uint64_t part, std::uint64_t whole);

// "accumulated data volume (sent and received)".
std::string sort_text(const QueryRequest& request);

}  // namespace weir
