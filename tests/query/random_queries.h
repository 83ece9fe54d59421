// Random conditions, as trees and as text, and random queries.
#pragma once

#include <string>
#include <vector>

#include "query/request.h"
#include "tests/query/query_flows.h"

namespace weir::test {

// All that a query can group by.
const std::vector<QueryField>& all_columns();

Condition random_condition(Random& random, unsigned depth);
// In goQuery's grammar, now and then in odd spellings.
std::string random_condition_text(Random& random, unsigned depth);

QueryRequest random_request(Random& random, const TimeRange& data);

// For the messages of failed tests.
std::string describe(const QueryRequest& request);
std::string describe(const QueryResult& result);

}  // namespace weir::test
