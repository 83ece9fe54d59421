// weir called as goflow2: command lines of goflow2 and of OpenObserve's fork, as their documentation has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/app/running_collector.h"
#include "tests/support/messages.h"
#include "tests/support/network.h"
#include "tests/support/record_server.h"

namespace weir::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A directory with weir in it under the name of goflow2.
class Installed {
 public:
  Installed() { std::filesystem::create_symlink(weir_binary(), dir_ / "goflow2"); }
  const TempDir& dir() const { return dir_; }
  std::string program() const { return (dir_ / "goflow2").string(); }
  std::vector<std::string> environment() const {
    return {"XDG_RUNTIME_DIR=" + dir_.path().string(), "HOME=" + dir_.path().string(),
            "WEIR_STATE_DIR=" + (dir_ / "state").string(), "WEIR_RUN_DIR=" + (dir_ / "run").string()};
  }
  // Runs a line of a shell there.
  Process shell(const std::string& line) const {
    return Process({"sh", "-c", "cd '" + dir_.path().string() + "' && exec " + line}, environment());
  }
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program());
    return test::run(std::move(arguments), environment());
  }

 private:
  TempDir dir_;
};

// The tutorial's line, with the token that OpenObserve shows for its default account.
constexpr const char* kTutorial = R"(./goflow2 -transport=http \
  -transport.http.destination=http://localhost:5080/api/default/netflow1/_json \
  -transport.http.batchSize=100 \
  -transport.http.auth.header=Authorization \
  -transport.http.auth.credentials="Basic cm9vdEBleGFtcGxlLmNvbTpDb21wbGV4cGFzcyMxMjM=")";

TEST(Goflow2, TheTutorialOfOpenObserveWorksUnchanged) {
  if (!NetNamespace::available()) GTEST_SKIP() << "ports 2055, 5080 and 8080 of a network namespace need root";
  const NetNamespace network;
  RecordServer::Options options;
  options.port = 5080;
  options.authorization = "Basic cm9vdEBleGFtcGxlLmNvbTpDb21wbGV4cGFzcyMxMjM=";
  const RecordServer server(options);
  const Installed installed;
  Process process = installed.shell(kTutorial);
  ASSERT_TRUE(wait_until([&] { return process.err().find("listening on") != std::string::npos; })) << process.err();

  constexpr std::uint32_t kFlows = 1'000, kFlowsEach = 20;
  const Sender sender(2055);
  for (std::uint32_t first = 1; first <= kFlows; first += kFlowsEach) {
    EXPECT_TRUE(sender.send(keyed_v5_datagram(first, kFlowsEach)));
  }
  EXPECT_TRUE(wait_until([&] { return server.key_count() == kFlows; })) << server.key_count() << process.err();
  EXPECT_EQ(server.duplicates(), 0u);
  EXPECT_EQ(server.complaint(), "");
  for (const RecordServer::Request& request : server.requests()) {
    EXPECT_EQ(request.path, "/api/default/netflow1/_json");
    EXPECT_LE(request.keys.size(), 100u);
  }
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0) << process.err();
  EXPECT_THAT(process.err(), Not(HasSubstr("cm9vdEBleGFtcGxl"))) << "the log must not tell credentials";
}

TEST(Goflow2, WritesToAFileWithDefaultsOfItsOwn) {
  const Installed installed;
  const std::string flows = (installed.dir() / "goflow2.log").string();
  Process process = installed.shell(
      "./goflow2 -listen 'sflow://:6343?count=4,netflow://127.0.0.1:0?count=2' "
      "--addr '' -loglevel=debug -transport.file " +
      flows);
  std::uint16_t port = 0;
  ASSERT_TRUE(wait_until([&] { return (port = port_in(process.err(), "udp://127.0.0.1:")) != 0; })) << process.err();
  EXPECT_THAT(process.err(), HasSubstr("sflow://:6343?count=4 is left out"));
  const Sender sender(port);
  EXPECT_TRUE(sender.send(keyed_v5_datagram(7, 1)));
  ASSERT_TRUE(wait_until([&] { return lines_of(slurp(flows)).size() == 1; })) << process.err();
  EXPECT_THAT(slurp(flows), HasSubstr("\"type\":\"NETFLOW_V5\""));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
}

TEST(Goflow2, SaysWhatItCannotDo) {
  const Installed installed;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"-transport=kafka", "-transport.kafka.brokers=localhost:9092"}, "does not speak Kafka"},
      {{"-transport=nsq"}, "it must be file or http"},
      {{"-format=bin"}, "no protobuf"},
      {{"-format", "xml"}, "it must be json or text"},
      {{"-produce=raw"}, "flow records only"},
      {{"-listen", "sflow://:6343"}, "not sFlow"},
      {{"-listen", ":2055"}, "netflow://:2055"},
      {{"-transport=http"}, "needs -transport.http.destination"},
      {{"-transport=http", "-transport.http.destination=http://h/", "-transport.http.batchSize=many"}, "whole number"},
      {{"-transport.file.sep=", "-format=json"}, "line break"},
      {{"-transprot=http"}, "did you mean 'transport'"},
      {{"-listen"}, "needs a value"},
      {{"collect"}, "unexpected argument 'collect'"},
  };
  for (const auto& [arguments, message] : cases) {
    const Outcome outcome = installed.run(arguments);
    EXPECT_EQ(outcome.code, 2) << message;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Goflow2, HelpAndVersion) {
  const Installed installed;
  for (const char* flag : {"-h", "-help", "--help"}) {
    const Outcome help = installed.run({flag});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("-transport.http.destination"));
  }
  const Outcome version = installed.run({"-v"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, HasSubstr("weir "));
}

}  // namespace
}  // namespace weir::test
