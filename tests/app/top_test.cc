// `weir top` as a process: its answers for known flows, and the screen on a terminal of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <thread>

#include "tests/app/running_collector.h"
#include "tests/app/terminal_process.h"
#include "tests/packet/frames.h"
#include "tests/support/documents.h"
#include "tests/support/messages.h"
#include "tests/support/network.h"

namespace weir::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLeave = "\x1b[?7h\x1b[?25h\x1b[m\x1b[?1049l";

std::vector<std::string> top(const std::string& run_dir, std::vector<std::string> more = {}) {
  std::vector<std::string> argv{weir_binary(), "top", "--run-dir", run_dir};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

TEST(Top, NobodyRuns) {
  const TempDir dir;
  const Outcome outcome = run(top(dir.path().string()));
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("neither a collector nor an exporter is running"));
}

TEST(Top, BadUsage) {
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"--by", "ases"}, {"-n", "0"}, {"-n", "501"}, {"--interval", "0s"}, {"--interval", "1h"}, {"router"}}) {
    EXPECT_EQ(run(top("/tmp", wrong)).code, 2) << wrong[0];
  }
}

class TopOfCollector : public testing::Test {
 protected:
  std::string dir() const { return collector_.dir().path().string(); }
  // Five datagrams' flows.
  void send() {
    for (std::uint32_t i = 0; i < 5; ++i) sender_.send(v5_datagram(sequence_++ * 24, 24));
  }
  RunningCollector collector_;
  Sender sender_{collector_.port()};
  std::uint32_t sequence_ = 0;
};

TEST_F(TopOfCollector, JsonForPrograms) {
  Process asked(top(dir(), {"--json", "--by", "hosts", "-n", "3"}));
  while (asked.running()) {
    send();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSERT_EQ(asked.wait(), 0) << asked.err();
  const Record answer = parse_record(asked.out());
  EXPECT_EQ(answer.at("by"), "hosts");
  EXPECT_GE(std::stoul(answer.at("window_s")), 2U);
  EXPECT_EQ(answer.at("dropped"), "0");
  EXPECT_THAT(answer.at("total"), HasSubstr("\"bits_per_s\":["));
  EXPECT_THAT(answer.at("rows"), HasSubstr("\"addr\":\""));
}

TEST_F(TopOfCollector, TextOnceWhereThereIsNoTerminal) {
  Process asked(top(dir()));
  while (asked.running()) {
    send();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ASSERT_EQ(asked.wait(), 0) << asked.err();
  EXPECT_THAT(asked.out(), HasSubstr("weir top collector, flows"));
  EXPECT_THAT(asked.out(), HasSubstr("SOURCE"));
  EXPECT_THAT(asked.out(), Not(HasSubstr("\x1b")));
}

TEST_F(TopOfCollector, TheScreenTakesKeysAndIsRestored) {
  TerminalProcess screen(top(dir(), {"--interval", "200ms"}), 80, 24, {"TERM=xterm", "LANG=C.UTF-8", "NO_COLOR="});
  EXPECT_TRUE(screen.sees("\x1b[?1049h"));
  EXPECT_TRUE(screen.sees("SOURCE"));
  EXPECT_FALSE(screen.is_as_it_was());
  send();
  EXPECT_TRUE(screen.sees("weir top"));
  screen.type("h");
  EXPECT_TRUE(screen.sees("collector, hosts"));
  screen.type("k");
  EXPECT_TRUE(screen.sees("packets/s"));
  screen.type("p");
  EXPECT_TRUE(screen.sees("PORT"));
  screen.type("/zz");
  EXPECT_TRUE(screen.sees("Filter: zz_"));
  screen.type("\r");
  EXPECT_TRUE(screen.sees("filter: zz"));
  screen.type(" ");
  EXPECT_TRUE(screen.sees("PAUSED"));
  screen.type("?");
  EXPECT_TRUE(screen.sees("the busiest flows, hosts or ports"));
  screen.type("\x1b[A");  // an arrow is no key
  screen.resize(40, 8);
  EXPECT_TRUE(screen.sees("weir top"));
  screen.type("xq");
  EXPECT_EQ(screen.wait(), 0);
  EXPECT_THAT(screen.written(), EndsWith(kLeave));
  EXPECT_TRUE(screen.is_as_it_was());
}

TEST_F(TopOfCollector, SignalsRestoreTheScreen) {
  for (const auto& [number, code] :
       {std::pair(SIGINT, 0), {SIGTERM, 0}, {SIGHUP, 0}, {SIGSEGV, 128 + SIGSEGV}, {SIGABRT, 128 + SIGABRT}}) {
    TerminalProcess screen(top(dir()), 80, 24, {"TERM=xterm", "ASAN_OPTIONS=handle_segv=0:handle_abort=0"});
    EXPECT_TRUE(screen.sees("SOURCE"));
    screen.signal(number);
    EXPECT_EQ(screen.wait(), code) << number;
    EXPECT_THAT(screen.written(), EndsWith(kLeave)) << number;
    EXPECT_TRUE(screen.is_as_it_was()) << number;
  }
}

TEST_F(TopOfCollector, NoColourWhereNoneIsWanted) {
  TerminalProcess screen(top(dir()), 80, 24, {"TERM=xterm", "NO_COLOR=1"});
  EXPECT_TRUE(screen.sees("SOURCE"));
  screen.type("q");
  EXPECT_EQ(screen.wait(), 0);
  EXPECT_THAT(screen.written(), Not(HasSubstr("\x1b[7m")));
}

TEST_F(TopOfCollector, ACrashedDaemonIsPassedOver) {
  collector_.process().signal(SIGKILL);
  collector_.process().wait();
  const Outcome alone = run(top(dir(), {"--once"}));
  EXPECT_EQ(alone.code, 2);
  EXPECT_THAT(alone.err, HasSubstr("nobody answers at"));
  std::ofstream(dir() + "/exporter.sock");  // as dead
  EXPECT_EQ(run(top(dir(), {"--once"})).code, 2);
}

TEST_F(TopOfCollector, SaysWhenTheDaemonEnds) {
  TerminalProcess screen(top(dir(), {"--interval", "200ms"}), 80, 24, {"TERM=xterm"});
  EXPECT_TRUE(screen.sees("SOURCE"));
  EXPECT_EQ(collector_.stop(), 0);
  EXPECT_EQ(screen.wait(), 1);
  EXPECT_TRUE(screen.is_as_it_was());
  EXPECT_THAT(screen.written(), HasSubstr(std::string(kLeave) + "weir: the collector no longer answers"));
}

// The flow is not over, and no record of it exists: only a look at the table can tell of it.
TEST(TopOfExporter, SeesFlowsThatGoOn) {
  if (!NetNamespace::available()) GTEST_SKIP() << "network namespaces need root and iproute2";
  const NetNamespace net;
  add_cable("near", "far");
  const TempDir dir;
  Process exporter({weir_binary(), "export", "-i", "near", "--to", "file:/dev/null", "--run-dir", dir.path().string()});
  ASSERT_TRUE(wait_until([&] { return exporter.err().find("writing flows to") != std::string::npos; }))
      << exporter.err();
  Process asked(top(dir.path().string(), {"--json", "--by", "ports"}));
  const Buffer frame = ethernet(0x0800, ipv4(17, udp(40000, 5353, Buffer(172))));  // 200 octets of IP
  FrameSender sender("far");
  std::uint64_t sent = 0;
  while (asked.running()) {
    sender.send(frame, 10);
    sent += 10;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ASSERT_EQ(asked.wait(), 0) << asked.err();
  const Record answer = parse_record(asked.out());
  EXPECT_THAT(answer.at("rows"), HasSubstr("{\"port\":5353,\"proto\":\"UDP\",\"bits_per_s\":["));
  const std::string& rows = answer.at("rows");
  const std::uint64_t bytes = std::stoull(rows.substr(rows.find("\"bytes\":") + 8));
  EXPECT_EQ(bytes % 200, 0U) << "whole packets";
  EXPECT_GE(bytes, 200U);
  EXPECT_LE(bytes, sent * 200);
  EXPECT_NE(answer.at("total").find("\"packets_per_s\":["), std::string::npos);
  exporter.signal(SIGTERM);
  EXPECT_EQ(exporter.wait(), 0);
}

// Beside both daemons, without a terminal.
TEST(TopOfBoth, TheDocumentsCommandsRun) {
  if (!NetNamespace::available()) GTEST_SKIP() << "network namespaces need root and iproute2";
  const NetNamespace net;
  const RunningCollector collector;
  const std::string run_dir = collector.dir().path().string();
  Process exporter({weir_binary(), "export", "-i", "lo", "--to", "file:/dev/null", "--run-dir", run_dir});
  ASSERT_TRUE(wait_until([&] { return exporter.err().find("writing flows to") != std::string::npos; }));
  std::vector<std::unique_ptr<Process>> all;
  std::vector<std::string> commands;
  for (const std::string& line : fenced_lines(slurp(WEIR_SOURCE_DIR "/docs/top.md"), "sh")) {
    const std::string command = line.substr(0, line.find('#'));
    ASSERT_EQ(command.substr(0, 5), "weir ");
    commands.push_back(command);
    all.push_back(std::make_unique<Process>(
        std::vector<std::string>{"sh", "-c", weir_binary() + command.substr(4) + " --run-dir " + run_dir}));
  }
  ASSERT_EQ(all.size(), 4U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i]->wait(), 0) << commands[i] << all[i]->err();
    EXPECT_NE(all[i]->out(), "");
  }
  EXPECT_EQ(all[1]->out().substr(0, 24), "weir top exporter, hosts");
}

}  // namespace
}  // namespace weir::test
