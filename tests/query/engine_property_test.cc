// Random queries over random stores: the engine and a slow evaluator must agree to the last digit.
#include <gtest/gtest.h>

#include "query/engine.h"
#include "tests/query/describe.h"
#include "tests/query/random_queries.h"

namespace weir::test {
namespace {

// Segments of all kinds, rolled-up ones and frames of a journal among them.
TestStore random_store(Random& random) {
  TestStore store;
  FlowMix mix;
  const auto add = [&](std::size_t flows, Effort effort, Tier tier) {
    store.add(random_flows(random, flows, mix), effort, tier);
    mix.begin += flows * mix.step;
  };
  add(150, Effort::kSmall, Tier::kRollup);
  add(400, Effort::kSmall, Tier::kRaw);
  mix.rare = 0;
  add(300, Effort::kQuick, Tier::kRaw);
  mix.rare = 60;
  add(100, Effort::kQuick, Tier::kRaw);
  for (int frame = 0; frame < 3; ++frame) add(1 + below(random, 20), Effort::kQuick, Tier::kRaw);
  if (below(random, 2) == 0) {
    store.snapshot.both_sides = {IpAddress::parse("192.0.2.1").value(), IpAddress::parse("2001:db8:ffff::1").value()};
  }
  return store;
}

void expect_same(const QueryRequest& request, const TestStore& store, unsigned threads) {
  RunOptions options;
  options.threads = threads;
  auto result = run_query(request, store.snapshot, options);
  ASSERT_TRUE(result) << result.error().message << "\n" << describe(request);
  const QueryResult naive = naive_query(request, store.rows, store.snapshot.both_sides, store.data);
  ASSERT_EQ(describe(*result), describe(naive)) << describe(request);
  EXPECT_TRUE(result->warnings.empty());
  EXPECT_EQ(result->times, request.times);
}

class EngineProperty : public testing::TestWithParam<unsigned> {};

TEST_P(EngineProperty, RandomQueries) {
  Random random(GetParam());
  const TestStore store = random_store(random);
  for (int i = 0; i < 250 && !HasFatalFailure(); ++i) {
    expect_same(random_request(random, store.data), store, 1 + static_cast<unsigned>(below(random, 3)));
  }
}

TEST_P(EngineProperty, ConditionsAsText) {
  Random random(GetParam() + 1000);
  const TestStore store = random_store(random);
  int parsed = 0;
  for (int i = 0; i < 120 && !HasFatalFailure(); ++i) {
    QueryRequest request = random_request(random, store.data);
    const std::string text = random_condition_text(random, 3);
    const auto condition = parse_condition(text, resolve_known);
    if (!condition) continue;
    ++parsed;
    request.condition = *condition;
    expect_same(request, store, 2);
  }
  EXPECT_GT(parsed, 60);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineProperty, testing::Range(1U, 9U));

TEST(EngineBlocks, RandomQueriesOverMoreThanABlock) {
  Random random(77);
  TestStore store;
  FlowMix mix;
  mix.step = 20 * kMs;
  store.add(random_flows(random, kBlockRows + 500, mix), Effort::kSmall);
  for (int i = 0; i < 10 && !testing::Test::HasFatalFailure(); ++i) {
    expect_same(random_request(random, store.data), store, 2);
  }
}

// More rows than one unit of work has, with sums that are easily known.
TEST(EngineBlocks, ManyBlocks) {
  constexpr std::size_t kFlows = 20 * kBlockRows + 77;
  constexpr std::uint64_t kPorts = 1000;
  std::vector<std::uint64_t> bytes(kPorts);
  RowBuffer buffer;
  BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { buffer.append(*batch); });
  for (std::size_t i = 0; i < kFlows; ++i) {
    Origin origin{};
    origin.time_received_ns = kFlowsBegin + i * kMs;
    if (i % 25 == 0) writer.set_origin(origin);
    Flow& flow = *writer.add();
    flow.dst_port = static_cast<std::uint16_t>(i * 7919 % kPorts);
    flow.bytes = i;
    flow.mark(FieldId::dst_port);
    flow.mark(FieldId::bytes);
    bytes[flow.dst_port] += i;
  }
  writer.flush();
  Snapshot snapshot;
  snapshot.segments.push_back(Segment::from_image(encode_segment(buffer, 0, buffer.rows(), {}), "segment").value());

  QueryRequest request;
  request.columns = parse_columns("dport").value();
  request.condition = parse_condition("dport >= 300", resolve_known).value();
  for (const unsigned threads : {1U, 3U}) {
    RunOptions options;
    options.threads = threads;
    const QueryResult result = run_query(request, snapshot, options).value();
    EXPECT_EQ(result.hits, kPorts - 300);
    EXPECT_EQ(result.stats.rows, kFlows);
    EXPECT_EQ(result.stats.threads, threads);
    for (const QueryRow& row : result.rows) {
      EXPECT_EQ(row.counters.in_bytes, bytes[std::get<std::uint64_t>(row.values[0])]);
    }
  }
}

}  // namespace
}  // namespace weir::test
