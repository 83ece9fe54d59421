// Queries over a roll-up: the same answers as over the flows it was made of.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "query/engine.h"
#include "store/rollup.h"
#include "tests/query/describe.h"
#include "tests/query/known_flows.h"
#include "tests/query/random_queries.h"

namespace weir::test {
namespace {

Snapshot rolled_up(const Snapshot& raw) {
  MemoryBudget budget(std::size_t{256} << 20);
  std::uint64_t id = 1;
  auto images = make_rollup(raw.segments, id, budget);
  if (!images) throw std::runtime_error(images.error().message);
  Snapshot rollup;
  rollup.both_sides = raw.both_sides;
  for (std::string& image : *images) {
    auto segment = Segment::from_image(std::move(image), "roll-up");
    if (!segment) throw std::runtime_error(segment.error().message);
    rollup.segments.push_back(*segment);
  }
  return rollup;
}

const std::vector<QueryField>& kept_columns() {
  static const std::vector<QueryField> columns = [] {
    std::vector<QueryField> all{{QueryField::Kind::kTime, FieldId::kCount},
                                {QueryField::Kind::kInterface, FieldId::kCount},
                                {QueryField::Kind::kHost, FieldId::kCount}};
    for (const FieldId field : {FieldId::sampler_address, FieldId::host, FieldId::src_addr, FieldId::dst_addr,
                                FieldId::dst_port, FieldId::proto, FieldId::in_if, FieldId::out_if, FieldId::in_if_name,
                                FieldId::out_if_name, FieldId::flow_direction, FieldId::sampling_rate}) {
      all.push_back({QueryField::Kind::kStored, field});
    }
    return all;
  }();
  return columns;
}

bool is_kept(const Condition& condition) {
  if (condition.kind != Condition::Kind::kTest) return std::ranges::all_of(condition.children, is_kept);
  const QueryField& field = condition.test.field;
  return field.kind == QueryField::Kind::kAnyAddress ||
         std::ranges::find(kept_columns(), field) != kept_columns().end();
}

// One that a roll-up can answer, over all times: a window would cut conversations.
QueryRequest random_kept_request(Random& random, const TimeRange& data) {
  QueryRequest request = random_request(random, data);
  std::vector<QueryField> columns = kept_columns();
  std::ranges::shuffle(columns, random);
  columns.resize(1 + below(random, 5));
  request.columns.clear();
  for (const QueryField& field : columns) request.columns.push_back({field, "c"});
  request.condition.flows.reset();
  while (below(random, 4) != 0) {
    const Condition condition = random_condition(random, 2);
    if (is_kept(condition)) {
      request.condition.flows = condition;
      break;
    }
  }
  request.times = {};
  request.time_resolution_ns = 5 * kMinute;
  request.sort = SortBy::kBytes;
  request.limit = 1'000'000;
  request.biflow = true;
  return request;
}

// What a roll-up keeps of an answer: flows without traffic make no row of their own there.
std::string kept_of(QueryResult result) {
  std::erase_if(result.rows, [](const QueryRow& row) { return row.counters == FlowCounters{}; });
  result.hits = result.rows.size();
  result.found = TimeRange::none();
  result.stats = {};
  result.interfaces.clear();
  return describe(result);
}

QueryResult run(const QueryRequest& request, const Snapshot& snapshot) {
  auto result = run_query(request, snapshot, RunOptions{});
  if (!result) throw std::runtime_error(result.error().message);
  return *result;
}

class RollupProperty : public testing::TestWithParam<unsigned> {};

TEST_P(RollupProperty, AnswersAsTheFlowsDid) {
  Random random(GetParam());
  TestStore store;
  FlowMix mix;
  mix.rare = 20;
  for (const std::size_t flows : {600, 300}) store.add(random_flows(random, flows, mix), Effort::kQuick);
  if (GetParam() % 3 != 0) {
    store.snapshot.both_sides = {IpAddress::parse("192.0.2.1").value(), IpAddress::parse("2001:db8:ffff::1").value()};
  }
  const Snapshot rollup = rolled_up(store.snapshot);
  ASSERT_FALSE(rollup.segments.empty());
  EXPECT_EQ(rollup.segments.front()->summary().tier, Tier::kRollup);
  for (int i = 0; i < 200 && !HasFatalFailure(); ++i) {
    const QueryRequest request = random_kept_request(random, store.data);
    ASSERT_EQ(kept_of(run(request, rollup)), kept_of(run(request, store.snapshot))) << describe(request);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RollupProperty, testing::Range(1U, 9U));

// In by eth0 and out by eth7, answered in by eth7 and out by eth2; in the same five minutes or not.
TEST(RollupQuery, TheSeedCaseComesOutRight) {
  const TestStore store = store_of({{.src = "198.51.100.7",
                                     .dst = "203.0.113.9",
                                     .src_port = 50'000,
                                     .dst_port = 443,
                                     .bytes = 1000,
                                     .packets = 10,
                                     .in = "eth0",
                                     .out = "eth7",
                                     .start_s = 10},
                                    {.src = "203.0.113.9",
                                     .dst = "198.51.100.7",
                                     .src_port = 443,
                                     .dst_port = 50'000,
                                     .bytes = 70'000,
                                     .packets = 50,
                                     .in = "eth7",
                                     .out = "eth2",
                                     .start_s = 11},
                                    {.src = "203.0.113.9",
                                     .dst = "198.51.100.7",
                                     .src_port = 443,
                                     .dst_port = 50'000,
                                     .bytes = 500,
                                     .packets = 5,
                                     .in = "eth7",
                                     .out = "eth2",
                                     .start_s = 700}});
  QueryRequest request;
  request.columns = parse_columns("iface,sip,dip").value();
  request.interfaces = InterfaceFilter::parse("eth0,eth2,eth7").value();
  request.biflow = true;
  const QueryResult result = run(request, rolled_up(store.snapshot));
  std::map<std::string, FlowCounters> by_interface;
  for (const QueryRow& row : result.rows) {
    EXPECT_EQ(std::get<IpAddress>(row.values[1]).to_string(), "198.51.100.7");
    EXPECT_EQ(std::get<IpAddress>(row.values[2]).to_string(), "203.0.113.9");
    by_interface[std::get<std::string>(row.values[0])] = row.counters;
  }
  const std::map<std::string, FlowCounters> expected{
      {"eth0", {.in_packets = 10, .out_packets = 0, .in_bytes = 1000, .out_bytes = 0}},
      {"eth2", {.in_packets = 0, .out_packets = 55, .in_bytes = 0, .out_bytes = 70'500}},
      {"eth7", {.in_packets = 55, .out_packets = 10, .in_bytes = 70'500, .out_bytes = 1000}}};
  EXPECT_EQ(by_interface, expected);
}

}  // namespace
}  // namespace weir::test
