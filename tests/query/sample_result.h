// Hand-made answers for the tests of printers.
#pragma once

#include "query/request.h"
#include "query/result.h"

namespace weir::test {

// A request for `columns` of eth0, between 2026-08-18 01:55 and 2026-08-26 03:45 UTC.
QueryRequest sample_request(std::string_view columns, std::string_view condition = "");

// Its answer without rows, in 37 ms.
QueryResult sample_result(const QueryRequest& request);

// Adds a row, also to the totals and hits.
void add_row(QueryResult& result, std::vector<QueryValue> values, const FlowCounters& counters);

QueryValue address(std::string_view text);

// What goquery-examples.md shows under "Text output".
QueryRequest documented_request();
QueryResult documented_result();

}  // namespace weir::test
