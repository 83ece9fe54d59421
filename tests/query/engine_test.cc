// What the engine promises beside right sums: known answers, bounds, damage, and ends.
#include "query/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/query/answers.h"
#include "tests/query/describe.h"
#include "tests/query/known_flows.h"
#include "tests/query/random_queries.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const QueryRequest& request, const TestStore& store, const RunOptions& options) {
  const auto result = run_query(request, store.snapshot, options);
  return result ? "no error" : result.error().message;
}

// Traffic enters a router by eth0 and leaves by eth7; its answers enter by eth7 and leave by eth2.
TEST(Engine, AsymmetricRouting) {
  const TestStore store = store_of({
      {.src = "10.0.0.1",
       .dst = "198.51.100.7",
       .src_port = 50000,
       .dst_port = 443,
       .bytes = 1000,
       .packets = 10,
       .in = "eth0",
       .out = "eth7",
       .start_s = 1},
      {.src = "198.51.100.7",
       .dst = "10.0.0.1",
       .src_port = 443,
       .dst_port = 50000,
       .bytes = 7000,
       .packets = 7,
       .in = "eth7",
       .out = "eth2",
       .start_s = 2},
  });
  QueryRequest request = request_for("iface,sip,dip", "", "eth0,eth2,eth7");
  request.biflow = true;
  const QueryResult result = answer(request, store);
  EXPECT_THAT(rows_of(result),
              ElementsAre("eth7 10.0.0.1 198.51.100.7: 7/10 7000/1000", "eth2 10.0.0.1 198.51.100.7: 0/7 0/7000",
                          "eth0 10.0.0.1 198.51.100.7: 10/0 1000/0"));
  EXPECT_EQ(text_of(result.totals), "17/17 8000/8000");
  EXPECT_THAT(result.interfaces, ElementsAre("eth0", "eth2", "eth7"));

  request.interfaces = InterfaceFilter::parse("eth2").value();
  EXPECT_THAT(rows_of(answer(request, store)), ElementsAre("eth2 10.0.0.1 198.51.100.7: 0/7 0/7000"));
  // Where no interface is asked for, each flow counts once: out there, in back.
  QueryRequest once = request_for("sip,dip");
  once.biflow = true;
  EXPECT_THAT(rows_of(answer(once, store)), ElementsAre("10.0.0.1 198.51.100.7: 10/7 1000/7000"));
  once.condition = parse_condition("dir = bi & dport = 443", resolve_known).value();
  EXPECT_EQ(answer(once, store).hits, 1U);
  once.biflow = false;
  EXPECT_EQ(answer(once, store).hits, 0U);
  // Without pairing the answer is a flow of its own.
  EXPECT_THAT(rows_of(answer(request_for("sip,dip"), store)),
              ElementsAre("198.51.100.7 10.0.0.1: 7/0 7000/0", "10.0.0.1 198.51.100.7: 10/0 1000/0"));
}

// An exporter that meters a flow where it enters and again where it leaves.
TEST(Engine, CountsFlowsMeteredTwiceOnceOnEachSide) {
  const KnownFlow entering{.src = "10.0.0.1",
                           .dst = "10.0.0.2",
                           .src_port = 40000,
                           .dst_port = 53,
                           .proto = 17,
                           .bytes = 100,
                           .packets = 1,
                           .in = "eth0",
                           .out = "eth1",
                           .direction = 0};
  KnownFlow leaving = entering;
  leaving.direction = 1;
  TestStore store = store_of({entering, leaving});
  EXPECT_THAT(rows_of(answer(request_for("iface"), store)), ElementsAre("eth0: 2/0 200/0", "eth1: 0/2 0/200"));
  store.snapshot.both_sides = {IpAddress::parse("192.0.2.1").value()};
  EXPECT_THAT(rows_of(answer(request_for("iface"), store)), ElementsAre("eth0: 1/0 100/0", "eth1: 0/1 0/100"));
  EXPECT_THAT(rows_of(answer(request_for("dport"), store)), ElementsAre("53: 1/1 100/100"));
}

TEST(Engine, FlowsWithoutInterfacesStandUnderNone) {
  const TestStore store = store_of({
      {.src = "10.0.0.1", .dst = "10.0.0.2", .bytes = 100, .packets = 1},
      {.src = "10.0.0.1", .dst = "10.0.0.3", .bytes = 300, .packets = 3, .in = "eth0", .out = "eth0"},
  });
  EXPECT_THAT(rows_of(answer(request_for("iface"), store)), ElementsAre("eth0: 3/3 300/300", ": 1/0 100/0"));
  EXPECT_THAT(rows_of(answer(request_for("iface", "", "any,!eth1"), store)), ElementsAre("eth0: 3/3 300/300"));
}

TEST(Engine, ScalesBySamplingRate) {
  const TestStore store = store_of({
      {.src = "10.0.0.1", .dst = "10.0.0.2", .bytes = 100, .packets = 2, .sampling_rate = 1000},
      {.src = "10.0.0.1", .dst = "10.0.0.2", .bytes = 50, .packets = 1},
  });
  QueryRequest request = request_for("sip");
  EXPECT_THAT(rows_of(answer(request, store)), ElementsAre("10.0.0.1: 3/0 150/0"));
  request.sampling = Sampling::kScaled;
  EXPECT_THAT(rows_of(answer(request, store)), ElementsAre("10.0.0.1: 2001/0 100050/0"));
}

TEST(Engine, MergedBiflowsCountBothWays) {
  const TestStore store = store_of({{.src = "10.0.0.1",
                                     .dst = "10.0.0.2",
                                     .src_port = 80,
                                     .dst_port = 40000,
                                     .bytes = 100,
                                     .packets = 1,
                                     .in = "eth0",
                                     .out = "eth1",
                                     .reverse_bytes = 900,
                                     .reverse_packets = 9}});
  QueryRequest request = request_for("iface,sip,sport");
  request.biflow = true;  // oriented already, whatever the ports say
  EXPECT_THAT(rows_of(answer(request, store)),
              ElementsAre("eth0 10.0.0.1 80: 1/9 100/900", "eth1 10.0.0.1 80: 9/1 900/100"));
}

TEST(Engine, TimeIsLabelledByItsEnd) {
  const TestStore store = store_of({
      {.src = "10.0.0.1", .dst = "10.0.0.2", .bytes = 1, .packets = 1, .start_s = 0},
      {.src = "10.0.0.1", .dst = "10.0.0.2", .bytes = 2, .packets = 1, .start_s = 100},
      {.src = "10.0.0.1", .dst = "10.0.0.2", .bytes = 4, .packets = 1, .start_s = 1000},
  });
  static_assert(kFlowsBegin % (5 * kMinute) == 200'000 * kMs);
  QueryRequest request = request_for("time");
  request.sort = SortBy::kTime;
  request.ascending = true;
  const auto label = [](std::uint64_t seconds) { return std::to_string(kFlowsBegin + seconds * 1000 * kMs); };
  EXPECT_THAT(rows_of(answer(request, store)),
              ElementsAre(label(100) + ": 1/0 1/0", label(400) + ": 1/0 2/0", label(1300) + ": 1/0 4/0"));
  // Both ends of the window belong to it.
  request.times = {kFlowsBegin + 101'000 * kMs, kFlowsBegin + 1'001'000 * kMs};
  const QueryResult inside = answer(request, store);
  EXPECT_EQ(inside.hits, 2U);
  EXPECT_EQ(inside.found, request.times);
  request.times.last -= 1;
  EXPECT_EQ(answer(request, store).hits, 1U);
}

TEST(Engine, CutsSortsAndCountsHits) {
  std::vector<KnownFlow> flows;
  for (std::uint64_t i = 1; i <= 50; ++i) {
    flows.push_back({.src = "10.0.0." + std::to_string(i), .dst = "10.1.0.1", .bytes = 1000 - i / 10, .packets = i});
  }
  const TestStore store = store_of(flows);
  QueryRequest request = request_for("sip");
  request.limit = 3;
  QueryResult result = answer(request, store);
  EXPECT_EQ(result.hits, 50U);
  EXPECT_EQ(result.totals.in_packets, 1275U);
  EXPECT_THAT(rows_of(result), ElementsAre("10.0.0.1: 1/0 1000/0", "10.0.0.2: 2/0 1000/0", "10.0.0.3: 3/0 1000/0"));
  request.sort = SortBy::kPackets;
  EXPECT_THAT(rows_of(answer(request, store)).front(), "10.0.0.50: 50/0 995/0");
  request.ascending = true;
  EXPECT_THAT(rows_of(answer(request, store)).front(), "10.0.0.1: 1/0 1000/0");
  request.limit = 0;
  EXPECT_EQ(answer(request, store).rows.size(), 50U);
}

TEST(Engine, NothingAtAll) {
  const QueryResult result = answer(request_for("sip,dip"), TestStore{});
  EXPECT_EQ(result.hits, 0U);
  EXPECT_TRUE(result.found.empty());
  EXPECT_EQ(result.totals, FlowCounters{});
}

class EngineOnManyFlows : public testing::Test {
 protected:
  static constexpr std::size_t kFlows = 5000;

  EngineOnManyFlows() {
    Random random(5);
    FlowMix mix;
    mix.step = 20 * kMs;
    for (int i = 0; i < 4; ++i) {
      store_.add(random_flows(random, kFlows, mix), i % 2 == 0 ? Effort::kQuick : Effort::kSmall);
      mix.begin += kFlows * mix.step;
    }
  }

  QueryRequest everything() const {
    QueryRequest request = request_for("raw,sport,bytes,packets,first,last");
    request.limit = 100;
    return request;
  }

  TestStore store_;
};

TEST_F(EngineOnManyFlows, AnyNumberOfThreadsGivesTheSame) {
  for (const bool biflow : {false, true}) {
    QueryRequest request = everything();
    request.biflow = biflow;
    RunOptions options;
    options.threads = 1;
    const std::string one = describe(answer(request, store_, options));
    for (const unsigned threads : {2U, 3U, 7U}) {
      options.threads = threads;
      EXPECT_EQ(describe(answer(request, store_, options)), one);
    }
  }
}

TEST_F(EngineOnManyFlows, StaysWithinItsMemoryOrSaysSo) {
  for (const bool biflow : {false, true}) {
    QueryRequest request = everything();
    request.biflow = biflow;
    bool fitted = false;
    for (std::size_t memory = 1024; !fitted; memory *= 2) {
      ASSERT_LE(memory, std::size_t{1} << 32);
      RunOptions options;
      options.memory = memory;
      const auto result = run_query(request, store_.snapshot, options);
      fitted = result.has_value();
      if (fitted) {
        EXPECT_LE(result->stats.memory, memory);
        EXPECT_GT(memory, std::size_t{1} << 20) << "the query is too small to show anything";
      } else {
        EXPECT_THAT(result.error().message, HasSubstr("of memory: narrow the time or the columns, or raise --memory"));
      }
    }
  }
}

TEST_F(EngineOnManyFlows, RowsOfTheAnswerCountToo) {
  QueryRequest request = everything();
  request.limit = 0;
  RunOptions options;
  options.memory = answer(everything(), store_, {}).stats.memory + (1 << 16);
  EXPECT_THAT(error_of(request, store_, options), HasSubstr("memory"));
}

TEST_F(EngineOnManyFlows, StopsWhenToldTo) {
  std::atomic<bool> stop{true};
  RunOptions options;
  options.stop = &stop;
  EXPECT_EQ(error_of(everything(), store_, options), "the query was stopped");
}

TEST_F(EngineOnManyFlows, StopsInTheMiddle) {
  std::atomic<bool> stop{false};
  RunOptions options;
  options.stop = &stop;
  options.threads = 2;
  std::thread stopper([&] { stop = true; });
  const auto result = run_query(everything(), store_.snapshot, options);
  stopper.join();
  EXPECT_TRUE(result || result.error().message == "the query was stopped");
}

TEST_F(EngineOnManyFlows, TimesOut) {
  RunOptions options;
  options.timeout = std::chrono::milliseconds(1);
  QueryRequest request = everything();
  request.biflow = true;
  EXPECT_THAT(error_of(request, store_, options), HasSubstr("longer than 0.001 s"));
}

TEST_F(EngineOnManyFlows, TellsWhatItReadAndLeftOut) {
  QueryRequest request = request_for("sip");
  request.times = {store_.snapshot.segments[1]->summary().times.first, UINT64_MAX};
  request.times.last = request.times.first + kMinute;
  const QueryStats window = answer(request, store_).stats;
  EXPECT_GE(window.segments_pruned, 2U);
  EXPECT_LE(window.segments, 2U);
  EXPECT_GT(window.bytes_read, 0U);
  EXPECT_GT(window.rows, 0U);
  EXPECT_GE(window.rows, window.rows_matched);

  const QueryStats nothing = answer(request_for("sip", "sip = 10.99.99.99"), store_).stats;
  EXPECT_EQ(nothing.segments, 0U);
  EXPECT_EQ(nothing.segments_pruned, 4U);
  EXPECT_EQ(nothing.rows, 0U);
}

// A bit flipped anywhere in a segment: its rows are missing from the answer, all of them, and the answer says so; or
// nothing that the query needs was touched.
TEST(Engine, LeavesDamagedSegmentsOutWhole) {
  Random random(9);
  TestStore small;
  FlowMix mix;
  small.add(random_flows(random, 500, mix), Effort::kSmall);
  RowBuffer buffer;
  mix.begin += 1000 * mix.step;
  const auto batches = random_flows(random, kBlockRows + 500, mix);
  for (const BatchRef& batch : batches) buffer.append(*batch);
  SegmentOptions segment_options;
  segment_options.effort = Effort::kSmall;
  const std::string good = encode_segment(buffer, 0, buffer.rows(), segment_options);
  small.add(random_flows(random, 500, mix), Effort::kQuick);

  std::vector<NaiveRow> with = small.rows;
  for (const BatchRef& batch : batches) {
    for (const Flow& flow : batch->flows()) with.push_back(naive_row(*batch, flow));
  }
  QueryRequest request = request_for("time,sip,dip,sport,as_path,in_if_name", "dport != 443 & as_path != 2");
  const auto expected = [&](bool biflow, const std::vector<NaiveRow>& rows) {
    request.biflow = biflow;
    return describe(naive_query(request, rows, {}, {}));
  };
  const std::string whole[] = {expected(false, with), expected(true, with)};
  const std::string without[] = {expected(false, small.rows), expected(true, small.rows)};
  int left_out = 0, untouched = 0;
  for (int i = 0; i < 150; ++i) {
    request.biflow = i % 2 == 0;
    std::string image = good;
    image[below(random, image.size())] ^= static_cast<char>(1 << below(random, 8));
    auto segment = Segment::from_image(image, "damaged.seg");
    if (!segment) continue;  // found at the door
    TestStore store = small;
    store.snapshot.segments.insert(store.snapshot.segments.begin() + 1, *segment);
    const QueryResult result = answer(request, store);
    if (result.warnings.empty()) {
      ++untouched;
      ASSERT_EQ(describe(result), whole[request.biflow]) << i;
    } else {
      ++left_out;
      EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("damaged.seg")));
      ASSERT_EQ(describe(result), without[request.biflow]) << i;
    }
  }
  EXPECT_GT(left_out, 10);
  EXPECT_GT(untouched, 10);
}

TEST_F(EngineOnManyFlows, NamesDamageThatTheSnapshotFound) {
  store_.snapshot.damage = {"x.seg: cut short"};
  EXPECT_THAT(answer(request_for("proto"), store_).warnings, ElementsAre("x.seg: cut short"));
}

}  // namespace
}  // namespace weir::test
