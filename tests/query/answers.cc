#include "tests/query/answers.h"

#include <stdexcept>

#include "tests/query/describe.h"

namespace weir::test {
namespace {

std::string text_of(const QueryValue& value) {
  if (const auto* n = std::get_if<std::uint64_t>(&value)) return std::to_string(*n);
  if (const auto* a = std::get_if<IpAddress>(&value)) return a->to_string();
  return std::get<std::string>(value);
}

}  // namespace

QueryRequest request_for(const std::string& columns, const std::string& condition, const std::string& interfaces) {
  QueryRequest request;
  request.columns = parse_columns(columns).value();
  request.condition = parse_condition(condition, resolve_known).value();
  request.interfaces = InterfaceFilter::parse(interfaces).value();
  return request;
}

QueryResult answer(const QueryRequest& request, const TestStore& store, const RunOptions& options) {
  auto result = run_query(request, store.snapshot, options);
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

std::string text_of(const FlowCounters& c) {
  return std::to_string(c.in_packets) + "/" + std::to_string(c.out_packets) + " " + std::to_string(c.in_bytes) + "/" +
         std::to_string(c.out_bytes);
}

std::vector<std::string> rows_of(const QueryResult& result) {
  std::vector<std::string> rows;
  for (const QueryRow& row : result.rows) {
    std::string text;
    for (const QueryValue& value : row.values) text += (text.empty() ? "" : " ") + text_of(value);
    rows.push_back(text + ": " + text_of(row.counters));
  }
  return rows;
}

}  // namespace weir::test
