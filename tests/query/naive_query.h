// Queries answered the slow way, row by row from the flows themselves: what the engine is compared with.
//
// Written from the contracts alone; shares nothing with the engine but the types.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/batch.h"
#include "query/request.h"
#include "query/result.h"
#include "store/segment.h"

namespace weir::test {

struct NaiveValue {
  bool present = false;
  std::uint64_t number = 0;  // a prefix's length too
  IpAddress address;
  std::string bytes;  // of texts and lists
};

struct NaiveRow {
  std::array<NaiveValue, kFieldCount> fields;
  std::uint64_t time = 0;  // the time column
  bool rollup = false;

  const NaiveValue& operator[](FieldId id) const { return fields[static_cast<std::size_t>(id)]; }
  NaiveValue& operator[](FieldId id) { return fields[static_cast<std::size_t>(id)]; }
};

NaiveRow naive_row(const FlowBatch& batch, const Flow& flow, Tier tier = Tier::kRaw);

// Which of the rows go back to the initiator.
std::vector<bool> naive_reversed(const std::vector<NaiveRow>& rows);

// `data` is what the snapshot's segments span, for kAutoResolution. Fills rows, hits, totals, found, interfaces.
QueryResult naive_query(const QueryRequest& request, const std::vector<NaiveRow>& rows,
                        const std::vector<IpAddress>& both_sides, const TimeRange& data);

}  // namespace weir::test
