// Queries by their command line's parts, and their answers as text.
#pragma once

#include <string>
#include <vector>

#include "query/engine.h"
#include "tests/query/query_flows.h"

namespace weir::test {

QueryRequest request_for(const std::string& columns, const std::string& condition = "",
                         const std::string& interfaces = "any");

// Throws on errors.
QueryResult answer(const QueryRequest& request, const TestStore& store, const RunOptions& options = {});

// "1/0 100/0": packets in/out, bytes in/out.
std::string text_of(const FlowCounters& counters);
// "10.0.0.1 443: 1/0 100/0": values, counters.
std::vector<std::string> rows_of(const QueryResult& result);

}  // namespace weir::test
