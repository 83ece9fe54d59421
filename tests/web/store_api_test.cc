#include "web/store_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "query/engine.h"
#include "query/human.h"
#include "query/print.h"
#include "store/snapshot.h"
#include "tests/support/json.h"
#include "tests/web/store_dir.h"
#include "web/query_run.h"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kFirst = std::to_string(kFlowsBegin / kNsPerSecond - 60);
const std::string kLast = std::to_string(kFlowsBegin / kNsPerSecond + 86'400);

std::vector<KnownFlow> few_flows() {
  return {{.src = "10.0.0.1",
           .dst = "10.0.0.2",
           .src_port = 5000,
           .dst_port = 443,
           .bytes = 700,
           .packets = 7,
           .in = "eth0",
           .out = "eth1"},
          {.src = "10.0.0.1",
           .dst = "10.0.0.3",
           .src_port = 5001,
           .dst_port = 53,
           .proto = 17,
           .bytes = 80,
           .packets = 1,
           .in = "eth0",
           .out = "eth2",
           .start_s = 60},
          {.src = "10.0.0.4",
           .dst = "10.0.0.2",
           .src_port = 5002,
           .dst_port = 443,
           .bytes = 9000,
           .packets = 10,
           .in = "eth2",
           .out = "eth1",
           .start_s = 120}};
}

std::vector<KnownFlow> many_flows() {
  std::vector<KnownFlow> flows;
  for (unsigned i = 0; i < 300'000; ++i) {
    flows.push_back({.src = "10.0." + std::to_string(i % 250) + "." + std::to_string(i / 250 % 250),
                     .dst = "10.9.0.1",
                     .src_port = static_cast<std::uint16_t>(i % 60'000),
                     .dst_port = 443,
                     .bytes = i,
                     .packets = 1,
                     .start_s = i / 10});
  }
  return flows;
}

HttpRequest request_with(std::multimap<std::string, std::string> params) {
  params.emplace("first", kFirst);
  params.emplace("last", kLast);
  HttpRequest request;
  request.params = std::move(params);
  return request;
}

// What run_query() says, without the API: rows and totals.
std::pair<std::string, std::string> expected(const StoreDir& store, const QueryText& text, TimeRange times) {
  auto request = make_request(text, wall_time_ns()).value();
  if (!times.empty()) request.times = times;
  const auto snapshot = open_snapshot(store.path(), request.times);
  const Record record = parse_record(print_json(request, run_query(request, *snapshot, {}).value(), {}));
  return {record.at("rows"), parse_record(record.at("summary")).at("totals")};
}

std::pair<std::string, std::string> rows_and_totals(const Record& result) {
  return {result.at("rows"), parse_record(result.at("summary")).at("totals")};
}

class Lines : public LineStream {
 public:
  bool send(std::string_view line) override {
    lines.emplace_back(line);
    return true;
  }
  bool gone() const override { return is_gone; }

  std::vector<std::string> lines;
  bool is_gone = false;
};

class StoreApiTest : public testing::Test {
 protected:
  const StoreDir store_{few_flows()};
  StoreApi api_{{.store = store_.path()}};
};

TEST_F(StoreApiTest, AnswersAsTheEngineDoes) {
  const HttpAnswer got = api_.get_query(request_with({{"query", "sip,dport"}, {"condition", "dport = 443"}}));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.type, kJsonType);
  QueryText text{.columns = "sip,dport", .condition = "dport = 443", .first = kFirst, .last = kLast};
  EXPECT_EQ(rows_and_totals(parse_record(got.body)), expected(store_, text, TimeRange::none()));
  EXPECT_THAT(got.body, HasSubstr(R"("totals":{"br":9700,"bs":0,"pr":17,"ps":0})"));

  HttpRequest post;
  post.body = R"({"query":"sip,dport","condition":"dport = 443","first":)" + kFirst + R"(,"last":")" + kLast + "\"}";
  EXPECT_EQ(rows_and_totals(parse_record(api_.post_query(post).body)), rows_and_totals(parse_record(got.body)));
  post.params.emplace("query", "sip");
  EXPECT_EQ(api_.post_query(post).status, 400);
}

TEST_F(StoreApiTest, ErrorsTellThePlace) {
  const HttpAnswer got = api_.get_query(request_with({{"query", "sip"}, {"condition", "dport = 443 & spot = 1"}}));
  EXPECT_EQ(got.status, 400);
  const Record error = parse_record(parse_record(got.body).at("error"));
  EXPECT_EQ(error.at("option"), "condition");
  EXPECT_EQ(error.at("position"), "14");
  EXPECT_THAT(error.at("message"), HasSubstr("did you mean 'sport'"));
  EXPECT_THAT(error.at("message"), Not(HasSubstr("\n")));

  const auto option_of = [&](std::multimap<std::string, std::string> params) {
    HttpRequest request;
    request.params = std::move(params);
    const HttpAnswer answer = api_.get_query(request);
    EXPECT_EQ(answer.status, 400);
    return parse_record(parse_record(answer.body).at("error")).at("option");
  };
  EXPECT_EQ(option_of({{"query", "sipp"}}), "query");
  EXPECT_EQ(option_of({{"query", "sip"}, {"first", "yester"}}), "first");
  EXPECT_EQ(option_of({{"query", "sip"}, {"last", "x"}}), "last");
  EXPECT_EQ(option_of({{"query", "sip"}, {"ifaces", "/["}}), "ifaces");
  EXPECT_EQ(option_of({{"query", "time"}, {"time_resolution", "7s"}}), "time_resolution");
  EXPECT_EQ(option_of({{"query", "sip"}, {"first", "200"}, {"last", "100"}}), "first");
}

TEST_F(StoreApiTest, ErrorsAreUtf8WhateverWasAsked) {
  const std::string odd = "\xff\xfe\x80";
  for (const char* name : {"query", "ifaces", "condition", "first", "sort_by", "num_results", odd.c_str()}) {
    std::multimap<std::string, std::string> params{{"query", "sip"}};
    if (std::string_view(name) == "query") params.clear();
    params.emplace(name, odd);
    HttpRequest request;
    request.params = std::move(params);
    const HttpAnswer answer = api_.get_query(request);
    EXPECT_THAT(answer.body, Not(HasSubstr("\xff"))) << name;
    EXPECT_THAT(answer.body, Not(HasSubstr("\x80"))) << name;
  }
}

TEST_F(StoreApiTest, ListsInterfacesAndExporters) {
  EXPECT_THAT(api_.list({}).body, HasSubstr(R"("iface":"eth0","host":"r1","host_id":"192.0.2.1","flows":2)"));
  HttpRequest one;
  one.params.emplace("ifaces", "eth2");
  EXPECT_THAT(api_.list(one).body, Not(HasSubstr("eth0")));
  one.params.emplace("other", "1");
  EXPECT_EQ(api_.list(one).status, 400);
  const std::string exporters = api_.exporters().body;
  EXPECT_THAT(exporters, HasSubstr(R"("exporter":"192.0.2.1","name":"r1","health":"stored","reasons":[],"flows":3)"));
  EXPECT_THAT(exporters, HasSubstr(R"("source":"store")"));
  EXPECT_EQ(api_.trouble(), "");
  EXPECT_THAT(StoreApi({.store = "/no/such/store"}).trouble(), HasSubstr("/no/such/store"));
}

TEST_F(StoreApiTest, OnlySoManyAtOnce) {
  StoreApi api({.store = store_.path(), .queries = 1});
  {
    const HttpAnswer held = api.get_query(request_with({{"query", "sip"}, {"stream", "true"}}));
    EXPECT_EQ(held.status, 200);
    EXPECT_EQ(api.get_query(request_with({{"query", "sip"}})).status, 429);
    EXPECT_EQ(api.list({}).status, 429);
  }
  EXPECT_EQ(api.get_query(request_with({{"query", "sip"}})).status, 200);
}

TEST_F(StoreApiTest, HostNamesAreBounded) {
  std::string condition = "sip = localhost";
  for (int i = 0; i < 20; ++i) condition += " | sip = name" + std::to_string(i) + ".invalid";
  EXPECT_EQ(api_.get_query(request_with({{"query", "sip"}, {"condition", condition}})).status, 400);
}

TEST_F(StoreApiTest, SmallStreamsAreTheAnswerAlone) {
  Lines out;
  api_.get_query(request_with({{"query", "sip"}, {"stream", "true"}})).stream(out);
  ASSERT_EQ(out.lines.size(), 1U);
  QueryText text{.columns = "sip", .first = kFirst, .last = kLast};
  EXPECT_EQ(rows_and_totals(parse_record(parse_record(out.lines[0]).at("result"))),
            expected(store_, text, TimeRange::none()));
}

TEST(StoreApiStreamTest, PartsAreExactAndTheClientMayLeave) {
  const StoreDir store(many_flows());
  std::string condition = "dport = 443 & (bytes < 0";
  for (int i = 0; i < 150; ++i) condition += " | bytes > " + std::to_string(i * 1500 + 1);
  condition += ")";
  StoreApi api({.store = store.path(), .patience = std::chrono::milliseconds(1)});
  const HttpRequest request = request_with({{"query", "sip,sport"}, {"condition", condition}, {"stream", "true"}});
  QueryText text{.columns = "sip,sport", .condition = condition, .first = kFirst, .last = kLast, .limit = 1000};

  Lines out;
  api.get_query(request).stream(out);
  const auto request_times = make_request(text, wall_time_ns()).value().times;
  const auto parts = latest_parts(request_times, *open_snapshot(store.path(), request_times));
  std::size_t partials = 0;
  double progress = 0;
  for (std::size_t i = 0; i + 1 < out.lines.size(); ++i) {
    const Record line = parse_record(out.lines[i]);
    ASSERT_EQ(line.size(), 1U);
    if (line.contains("progress")) {
      EXPECT_GE(std::stod(line.at("progress")), progress);
      progress = std::stod(line.at("progress"));
      EXPECT_LE(progress, 1);
      continue;
    }
    const Record partial = parse_record(line.at("partial"));
    const TimeRange window = parts.at(partials++);
    const Record times = parse_record(parse_record(partial.at("summary")).at("time_range"));
    EXPECT_EQ(times.at("time_first"), utc_time(window.first));
    EXPECT_EQ(rows_and_totals(partial), expected(store, text, window)) << out.lines[i].substr(0, 300);
  }
  EXPECT_GE(partials, 1U);
  EXPECT_EQ(rows_and_totals(parse_record(parse_record(out.lines.back()).at("result"))),
            expected(store, text, TimeRange::none()));

  Lines left;
  left.is_gone = true;
  api.get_query(request).stream(left);
  ASSERT_EQ(left.lines.size(), 1U);
  EXPECT_THAT(left.lines[0], HasSubstr("stopped"));
  HttpRequest plain = request;
  plain.params.erase("stream");
  StoreApi short_of_time({.store = store.path(), .timeout = std::chrono::milliseconds(1)});
  EXPECT_EQ(short_of_time.get_query(plain).status, 503);
}

TEST(StoreApiStreamTest, WhoeverReadsSlowlyKeepsNobodyWaiting) {
  class Reader : public LineStream {
   public:
    explicit Reader(StoreApi& api) : api_(api) {}
    bool send(std::string_view line) override {
      if (line.starts_with("{\"result\"")) meanwhile = api_.get_query(request_with({{"query", "sip"}})).status;
      return true;
    }
    bool gone() const override { return false; }
    int meanwhile = 0;

   private:
    StoreApi& api_;
  };
  const StoreDir store(few_flows());
  StoreApi api({.store = store.path(), .queries = 1});
  Reader reader(api);
  const HttpAnswer answer = api.get_query(request_with({{"query", "sip"}, {"stream", "true"}}));
  EXPECT_EQ(api.get_query(request_with({{"query", "sip"}})).status, 429) << "not computed yet";
  answer.stream(reader);
  EXPECT_EQ(reader.meanwhile, 200);
}

TEST(LatestPartsTest, GrowTowardsTheWhole) {
  const StoreDir store(few_flows());
  const auto snapshot = open_snapshot(store.path());
  const auto parts = latest_parts({0, UINT64_MAX}, *snapshot);
  ASSERT_EQ(parts.size(), 3U);
  const std::uint64_t first = kFlowsBegin + kNsPerSecond, last = kFlowsBegin + 121 * kNsPerSecond;
  EXPECT_EQ(parts[0].first, last - (last - first) / 64);
  EXPECT_EQ(parts[2].first, last - (last - first) / 4);
  EXPECT_EQ(parts[0].last, UINT64_MAX);
  EXPECT_TRUE(latest_parts({0, 1000}, *snapshot).empty());
  EXPECT_TRUE(latest_parts({0, UINT64_MAX}, Snapshot{}).empty());
}

}  // namespace
}  // namespace weir::test
