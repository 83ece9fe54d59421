#include "tests/query/sample_result.h"

#include "base/clock.h"

namespace weir::test {

QueryRequest sample_request(std::string_view columns, std::string_view condition) {
  QueryRequest request;
  request.columns = *parse_columns(columns);
  request.condition = *parse_condition(condition, [](const std::string&) { return fail("no names here"); });
  request.interfaces = *InterfaceFilter::parse("eth0");
  request.times = {1'787'018'100 * kNsPerSecond, 1'787'715'900 * kNsPerSecond};
  return request;
}

QueryResult sample_result(const QueryRequest& request) {
  QueryResult result;
  result.columns = request.columns;
  result.times = request.times;
  result.interfaces = {"eth0"};
  result.stats.duration = std::chrono::milliseconds(37);
  return result;
}

void add_row(QueryResult& result, std::vector<QueryValue> values, const FlowCounters& counters) {
  result.rows.push_back({std::move(values), counters});
  result.totals += counters;
  ++result.hits;
}

QueryValue address(std::string_view text) { return *IpAddress::parse(text); }

QueryRequest documented_request() { return sample_request("sip,dip,dport,proto", "dport=443"); }

QueryResult documented_result() {
  QueryResult result = sample_result(documented_request());
  add_row(result, {address("10.236.2.56"), address("10.236.130.23"), 443U, 6U},
          {594'330, 847'920, 73'641'492, 831'625'626});
  add_row(result, {address("10.236.2.56"), address("10.236.146.23"), 443U, 6U},
          {480'850, 722'450, 62'809'702, 746'848'256});
  return result;
}

}  // namespace weir::test
