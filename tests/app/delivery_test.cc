// `weir collect` as a process, killed at any moment: what its spool had accepted arrives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <set>

#include "tests/app/running_collector.h"
#include "tests/support/messages.h"
#include "tests/support/record_server.h"

namespace weir::test {
namespace {

constexpr std::size_t kFlowsEach = 20;

// A collector with one output, that may be killed and started again with the same spool.
class HttpCollector {
 public:
  HttpCollector(const RecordServer& server, const std::string& options)
      : to_(server.url("/api/default/netflow1/_json?batch=100&flush=10ms&fields=compact&" + options)) {
    start();
  }

  void start() {
    process_ = std::make_unique<Process>(std::vector<std::string>{
        weir_binary(), "collect", "--listen", "udp://127.0.0.1:0", "--http", "127.0.0.1:0", "--state-dir",
        (dir_ / "state").string(), "--run-dir", (dir_ / "run").string(), "--to", to_});
    if (!wait_until([this] { return (port_ = port_in(process_->err(), "udp://127.0.0.1:")) != 0; }))
      throw std::runtime_error("no collector: " + process_->err());
    sender_ = std::make_unique<Sender>(port_);
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait();
  }
  void send(std::uint32_t first) const { sender_->send(keyed_v5_datagram(first, kFlowsEach)); }

  // The only sink in `weir status --json`; empty while it does not answer.
  Record sink() const {
    const Outcome status = run({weir_binary(), "status", "--run-dir", (dir_ / "run").string(), "--json"});
    if (status.code != 0) return {};
    const std::string sinks = parse_record(status.out).at("sinks");
    return parse_record(sinks.substr(1, sinks.size() - 2));
  }
  std::uint64_t written() const {
    const Record record = sink();
    return record.empty() ? 0 : std::stoull(parse_record(record.at("delivery")).at("written_flows"));
  }
  std::string metrics() const { return http_get(port_in(process_->err(), "on http://127.0.0.1:"), "/metrics"); }
  std::string metric(const std::string& name, const std::string& value) const {
    return "\n" + name + "{sink=\"" + to_.substr(0, to_.find('?')) + "\"} " + value + "\n";
  }
  Process& process() { return *process_; }
  std::filesystem::path state_dir() const { return dir_ / "state"; }

 private:
  TempDir dir_;
  std::string to_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Sender> sender_;
  std::uint16_t port_ = 0;
};

// Each round sends, kills at some moment, and starts again; the server is down, sluggish or well by turns. A flow that
// the ledger called written arrives, and twice only if it was on its way when the collector died.
TEST(Delivery, KillNineLosesNothingThatTheSpoolHadAccepted) {
  RecordServer server;
  server.set_faults([](std::size_t number) -> Fault {
    return {number % 7 == 3 ? Fault::Kind::kResetLate : number % 7 == 5 ? Fault::Kind::kStatus : Fault::Kind::kNone};
  });
  HttpCollector collector(server, "retry-max=5ms&spool=always&in-flight=2");
  std::minstd_rand random(20'260'101);
  std::uint32_t next = 0;
  std::set<std::uint64_t> accepted;
  for (int round = 0; round < 8; ++round) {
    if (round % 3 == 1) server.stop();
    const std::uint32_t first = next;
    const std::uint32_t datagrams = 10 + static_cast<std::uint32_t>(random() % 90);  // fits in any socket's buffer
    for (std::uint32_t i = 0; i < datagrams; ++i, next += kFlowsEach) collector.send(next);
    const std::uint64_t want = random() % (datagrams * kFlowsEach);
    std::uint64_t written = 0;
    ASSERT_TRUE(wait_until([&] { return (written = collector.written()) >= want; })) << collector.process().err();
    collector.kill();
    // One sender over one socket: what is written is the first that was sent.
    for (std::uint64_t key = first; key < first + written; ++key) accepted.insert(key);
    if (round % 3 == 1) server.start();
    collector.start();
  }
  const auto all_there = [&] {
    const auto keys = server.keys();
    return std::ranges::includes(std::set(keys.begin(), keys.end()), accepted);
  };
  EXPECT_TRUE(wait_until(all_there)) << server.key_count() << " of " << accepted.size() << collector.process().err();
  EXPECT_GT(accepted.size(), 1000U);
  EXPECT_EQ(server.complaint(), "");
  // What died with a collector between the server's answer and its note of it: at most what was in flight, 2 × 100.
  EXPECT_LE(server.wrong_duplicates(), 8U * 2 * 100);
  EXPECT_TRUE(wait_until([&] {
    const Record sink = collector.sink();
    return !sink.empty() && parse_record(parse_record(sink.at("delivery")).at("recovered")).at("held") == "0";
  }));
}

TEST(Delivery, WhatWasOnItsWayAtAKillCountsAsPossibleDuplicates) {
  RecordServer server;
  server.set_faults(
      [](std::size_t number) -> Fault { return {number == 0 ? Fault::Kind::kStall : Fault::Kind::kNone}; });
  HttpCollector collector(server, "spool=always&in-flight=1");
  constexpr std::uint32_t kSent = 10 * kFlowsEach;  // two requests, of which the first is taken and not answered
  for (std::uint32_t first = 0; first < kSent; first += kFlowsEach) collector.send(first);
  ASSERT_TRUE(wait_until([&] { return server.key_count() == 100 && collector.written() == kSent; }));
  collector.kill();
  collector.start();
  EXPECT_TRUE(wait_until([&] { return server.key_count() == kSent && server.duplicates() == 100; }));
  EXPECT_EQ(parse_record(collector.sink().at("delivery")).at("resent_flows"), "100");
}

TEST(Delivery, AStopInAnOutageKeepsEverythingForTheNextStart) {
  RecordServer server;
  server.stop();
  HttpCollector collector(server, "retry-max=5ms&in-flight=1");
  for (std::uint32_t i = 0; i < 100; ++i) collector.send(i * kFlowsEach);
  ASSERT_TRUE(wait_until([&] {
    const Record sink = collector.sink();
    return !sink.empty() && parse_record(sink.at("flows")).at("in") == "2000" && sink.at("last_error") != "";
  }));
  std::string metrics = collector.metrics();
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"weir_sink_flows_total", "2000"},
                                                        {"weir_sink_delivered_flows_total", "0"},
                                                        {"weir_sink_queued_flows", "2000"},
                                                        {"weir_sink_failing", "1"},
                                                        {"weir_sink_spooled_flows", "0"},
                                                        {"weir_sink_resent_flows_total", "0"},
                                                        {"weir_sink_recovered_flows_total", "0"}}) {
    EXPECT_THAT(metrics, testing::HasSubstr(collector.metric(name, value)));
  }
  EXPECT_THAT(metrics, testing::Not(testing::HasSubstr(collector.metric("weir_sink_retries_total", "0"))));
  collector.process().signal(SIGTERM);
  EXPECT_EQ(collector.process().wait(), 0) << "nothing was dropped";
  EXPECT_THAT(collector.process().err(), testing::HasSubstr("2000 flows are kept in the spool for the next start"));
  EXPECT_TRUE(std::filesystem::exists(collector.state_dir() / "spool"));
  server.start();
  collector.start();
  EXPECT_TRUE(wait_until([&] { return server.key_count() == 2000; }));
  EXPECT_EQ(server.duplicates(), 0U);
  EXPECT_TRUE(wait_until([&] {
    metrics = collector.metrics();
    return metrics.find(collector.metric("weir_sink_recovered_delivered_flows_total", "2000")) != std::string::npos;
  })) << metrics;
  EXPECT_THAT(metrics, testing::HasSubstr(collector.metric("weir_sink_recovered_flows_total", "2000")));
  EXPECT_THAT(metrics, testing::HasSubstr(collector.metric("weir_sink_recovered_queued_flows", "0")));
  collector.process().signal(SIGTERM);
  EXPECT_EQ(collector.process().wait(), 0) << collector.process().err();
}

TEST(Delivery, HangUpReadsTheCredentialsAgain) {
  RecordServer server({"Basic new", 1 << 20, true});
  const TempDir dir;
  std::ofstream(dir / "header") << "Authorization: Basic old\n";
  HttpCollector collector(server, "retry-max=1h&header-file=" + (dir / "header").string());
  collector.send(0);
  ASSERT_TRUE(wait_until([&] { return collector.process().err().find("credentials") != std::string::npos; }));
  std::ofstream(dir / "header") << "Authorization: Basic new\n";
  collector.process().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return server.key_count() == kFlowsEach; })) << collector.process().err();
  EXPECT_EQ(server.duplicates(), 0U);
}

}  // namespace
}  // namespace weir::test
