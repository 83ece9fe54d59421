// The answer to a query.
//
// Thread rules: value types.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "flow/address.h"
#include "query/field.h"
#include "store/time_range.h"

namespace weir {

// Traffic as seen from the interfaces asked for, or from the exporter where none is (docs/query.md, "In and out").
struct FlowCounters {
  std::uint64_t in_packets = 0;
  std::uint64_t out_packets = 0;
  std::uint64_t in_bytes = 0;
  std::uint64_t out_bytes = 0;

  FlowCounters& operator+=(const FlowCounters& other) {
    in_packets += other.in_packets;
    out_packets += other.out_packets;
    in_bytes += other.in_bytes;
    out_bytes += other.out_bytes;
    return *this;
  }
  bool operator==(const FlowCounters&) const = default;
};

// A number (kTime: ns of the block's end; MACs as a number), an address, or a text (lists: as the field is written in
// CSV). Absent: 0, no address, "".
using QueryValue = std::variant<std::uint64_t, IpAddress, std::string>;

struct QueryRow {
  std::vector<QueryValue> values;  // one a column
  FlowCounters counters;
};

// What a query read and what it could leave out, for --explain and the footer.
struct QueryStats {
  std::size_t segments = 0;         // read
  std::size_t segments_pruned = 0;  // left out by time, or because no value there can match
  std::size_t blocks = 0;
  std::size_t blocks_pruned = 0;  // by zone maps
  std::uint64_t rows = 0;         // looked at
  std::uint64_t rows_matched = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t groups = 0;
  std::size_t memory = 0;  // peak of tables
  unsigned threads = 0;
  std::chrono::nanoseconds duration{0};
};

struct QueryResult {
  std::vector<QueryColumn> columns;
  std::vector<QueryRow> rows;           // sorted and cut
  std::uint64_t hits = 0;               // rows before they were cut
  FlowCounters totals;                  // over all hits; sums stay at the largest number
  TimeRange times;                      // asked for
  TimeRange found = TimeRange::none();  // of the flows that matched
  // That contributed, sorted. Empty where flows count once, whatever interfaces they have.
  std::vector<std::string> interfaces;
  std::vector<std::string> warnings;  // damaged segments that were left out
  QueryStats stats;
};

}  // namespace weir
