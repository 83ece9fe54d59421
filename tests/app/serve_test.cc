// weir serve, and the HTTP side of weir collect, as real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

#include <fstream>

#include "tests/app/running_collector.h"
#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::HasSubstr;

// The answer of this machine's server; status -1 where there is none.
httplib::Response get(std::uint16_t port, const std::string& path, const httplib::Headers& headers = {}) {
  httplib::Client client("127.0.0.1", port);
  auto answer = client.Get(path, headers);
  if (answer) return std::move(*answer);
  ADD_FAILURE() << path << " is not answered: " << httplib::to_string(answer.error());
  return {};
}

class ServeTest : public testing::Test {
 protected:
  // A store with one flow.
  void SetUp() override {
    std::ofstream(dir_ / "flows.json")
        << R"({"type":"IPFIX","time_received_ns":1790000000000000000,"sampler_address":"192.0.2.1",)"
           R"("time_flow_start_ns":1789999999000000000,"time_flow_end_ns":1790000000000000000,"bytes":700,"packets":7,)"
           R"("src_addr":"10.0.0.1","dst_addr":"10.0.0.2","etype":"IPv4","proto":"TCP","src_port":5000,"dst_port":443})"
           "\n";
    const Outcome outcome = run({weir_binary(), "db", "import", "-d", store(), (dir_ / "flows.json").string()});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
  std::string store() const { return (dir_ / "store").string(); }

  // Its port; 0 where it does not come up.
  std::uint16_t start(const std::vector<std::string>& more = {}, const std::string& address = "127.0.0.1") {
    const std::string before = "http://" + address + ":";
    std::vector<std::string> argv{weir_binary(), "serve",        "-d",        store(),
                                  "--http",      address + ":0", "--run-dir", run_dir_};
    argv.insert(argv.end(), more.begin(), more.end());
    process_ = std::make_unique<Process>(argv);
    wait_until([&] { return port_in(process_->err(), before) != 0 || !process_->running(); });
    return port_in(process_->err(), before);
  }

  TempDir dir_;
  std::string run_dir_ = dir_.path().string();
  std::unique_ptr<Process> process_;
};

TEST_F(ServeTest, AnswersAndStops) {
  const std::uint16_t port = start();
  ASSERT_NE(port, 0) << process_->err();
  const httplib::Response answer = get(port, "/api/v1/query?query=sip,dport&first=1789999000&last=1790001000");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(
      parse_record(answer.body).at("rows"),
      R"([{"labels":{},"attributes":{"sip":"10.0.0.1","dport":443},"counters":{"br":700,"bs":0,"pr":7,"ps":0}}])");
  const httplib::Response stream = get(port, "/api/v1/query?query=sip&first=1789999000&last=1790001000&stream=true");
  EXPECT_EQ(stream.get_header_value("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(lines_of(stream.body).size(), 1U);
  EXPECT_TRUE(parse_record(stream.body).contains("result"));
  EXPECT_THAT(get(port, "/").body, HasSubstr("weir"));
  EXPECT_EQ(get(port, "/readyz").body, "ready\n");
  EXPECT_EQ(get(port, "/api/v1/status").status, 404) << "no collector runs in this run directory";
  EXPECT_THAT(get(port, "/api/v1/exporters").body, HasSubstr("\"source\":\"store\""));
  process_->signal(SIGTERM);
  EXPECT_EQ(process_->wait(), 0);
}

TEST_F(ServeTest, SaysWhatTheCollectorBesideItSays) {
  const RunningCollector collector;
  run_dir_ = collector.dir().path().string();
  const std::uint16_t port = start();
  EXPECT_THAT(get(port, "/api/v1/status").body, HasSubstr("\"daemon\":\"collector\""));
  EXPECT_EQ(get(port, "/api/v1/exporters").body, "{\"exporters\":[],\"source\":\"collector\"}\n");
  EXPECT_EQ(get(port, "/api/v1/templates").status, 200);
}

TEST_F(ServeTest, MakesATokenWhereOneIsMissing) {
  const std::string file = dir_ / "token";
  const std::uint16_t port = start({"--http-token-file", file}, "0.0.0.0");
  ASSERT_NE(port, 0) << process_->err();
  EXPECT_THAT(process_->err(), HasSubstr("token in " + file));
  const std::string token = lines_of(slurp(file)).at(0);
  EXPECT_EQ(token.size(), 64U);
  EXPECT_EQ(get(port, "/api/v1/list").status, 401);
  EXPECT_EQ(get(port, "/api/v1/list", {{"Authorization", "Bearer " + token}}).status, 200);
}

TEST_F(ServeTest, BadUsageIsToldAtOnce) {
  const auto refused = [&](std::vector<std::string> more) {
    std::vector<std::string> argv{weir_binary(), "serve"};
    argv.insert(argv.end(), more.begin(), more.end());
    const Outcome outcome = run(argv);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    return outcome.err;
  };
  EXPECT_THAT(refused({"-d", "/no/such/store"}), HasSubstr("/no/such/store"));
  EXPECT_THAT(refused({"-d", store(), "--http", "0.0.0.0:0"}), HasSubstr("--http-token-file FILE"));
  EXPECT_THAT(refused({"-d", store(), "--query-timeout", "soon"}), HasSubstr("--query-timeout soon"));
  EXPECT_THAT(refused({"-d", store(), "--http-cert", "/no/cert", "--http-key", "/no/key"}), HasSubstr("/no/cert"));
  EXPECT_THAT(refused({"-d", store(), "--http", "off"}), HasSubstr("--http off: serving HTTP is all"));
  const std::uint16_t port = start();
  ASSERT_NE(port, 0) << process_->err();
  const std::string in_use = refused({"-d", store(), "--http", "127.0.0.1:" + std::to_string(port)});
  EXPECT_THAT(in_use, HasSubstr("already in use; choose another with --http\n"));
}

TEST_F(ServeTest, ACollectorServesItsOwnStore) {
  RunningCollector collector({"--to", "store:" + (dir_ / "own").string()});
  const httplib::Response answer = get(collector.http_port(), "/api/v1/query?query=sip");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"code\":\"empty\""));
  EXPECT_EQ(get(collector.http_port(), "/api/v1/exporters").status, 200);
  const RunningCollector without;
  EXPECT_EQ(get(without.http_port(), "/api/v1/query?query=sip").status, 404);
}

}  // namespace
}  // namespace weir::test
