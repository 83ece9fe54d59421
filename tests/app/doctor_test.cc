// weir doctor as a process, beside real collectors, sockets and disks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.h"
#include "tests/app/running_collector.h"
#include "tests/support/messages.h"
#include "tests/support/mmdb_writer.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Doctor : public testing::Test {
 protected:
  // Without a running daemon unless `more` names its run directory.
  Outcome examine(std::vector<std::string> more) {
    std::vector<std::string> argv = {weir_binary(), "doctor"};
    if (std::ranges::find(more, "--run-dir") == more.end()) {
      argv.insert(argv.end(), {"--run-dir", empty_.path().string()});
    }
    argv.insert(argv.end(), more.begin(), more.end());
    return run(argv);
  }

  Outcome examine(const RunningCollector& collector, std::vector<std::string> more = {}) {
    more.insert(more.end(), {"--run-dir", collector.dir().path().string()});
    return examine(more);
  }

  TempDir empty_;
};

// The lines of a report that tell of one check.
std::string of_check(const Outcome& outcome, const std::string& check) {
  std::string found;
  bool mine = false;
  for (const std::string& line : lines_of(outcome.out)) {
    const bool advice = line.starts_with("          ");
    if (!advice) mine = line.find(" " + check + " ") != std::string::npos;
    if (mine) found += line + "\n";
  }
  return found;
}

TEST_F(Doctor, NamesWhoHoldsThePort) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  const std::string url = "udp://[::]:" + std::to_string(ntohs(address.sin_port));
  const Outcome outcome = examine({"--listen", url});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(of_check(outcome, "port"),
              AllOf(HasSubstr("problem"), HasSubstr("app_test (process " + std::to_string(::getpid()) + ")"),
                    HasSubstr("kill " + std::to_string(::getpid()))));
}

TEST_F(Doctor, KnowsThePortOfTheRunningCollector) {
  const RunningCollector collector;
  const Outcome outcome = examine(collector, {"--verbose"});
  EXPECT_THAT(of_check(outcome, "port"), AllOf(HasSubstr("ok "), HasSubstr("the running collector's")));
  EXPECT_THAT(of_check(outcome, "ledger"), HasSubstr("ok "));
  EXPECT_THAT(of_check(outcome, "daemons"), HasSubstr("as this program"));
}

TEST_F(Doctor, ExporterWithoutTemplate) {
  const RunningCollector collector;
  const Sender sender(collector.port());
  sender.send(ipfix_message(7, 0, ipfix_data(300, 2)));
  ASSERT_TRUE(wait_until([&] { return collector.decoded().at("messages") == "1"; }));
  const Outcome outcome = examine(collector);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(of_check(outcome, "templates"), AllOf(HasSubstr("problem"), HasSubstr("127.0.0.1 domain 7 (1 set)"),
                                                    HasSubstr("template data timeout 60")));
  sender.send(ipfix_message(7, 0, ipfix_template(300)));
  ASSERT_EQ(collector.wait_for_records(2).size(), 2U);
  EXPECT_EQ(of_check(examine(collector), "templates"), "");
}

TEST_F(Doctor, ExporterWhoseClockIsWrong) {
  const RunningCollector collector;
  const Sender sender(collector.port());
  Message old = v5_datagram(0, 1);
  old[8] = 0x65;  // the high byte of the header's seconds: of 2023 or 2024
  sender.send(old);
  ASSERT_EQ(collector.wait_for_records(1).size(), 1U);
  EXPECT_THAT(of_check(examine(collector), "exporter-clocks"),
              AllOf(HasSubstr("problem"), HasSubstr("127.0.0.1"), HasSubstr("behind")));
}

TEST_F(Doctor, StrangeDatagrams) {
  const RunningCollector collector;
  const Sender sender(collector.port());
  sender.send({0, 77, 1, 2, 3, 4});
  ASSERT_TRUE(wait_until([&] { return parse_record(collector.status().at("messages")).at("in") == "1"; }));
  EXPECT_THAT(of_check(examine(collector), "refused"), AllOf(HasSubstr("warning"), HasSubstr("1 message")));
}

TEST_F(Doctor, OldAndDamagedDatabases) {
  const auto database = [&](const std::string& name, std::time_t build_time) {
    std::ofstream(empty_ / name, std::ios::binary) << mmdb::file("GeoLite2-ASN", static_cast<std::uint32_t>(build_time),
                                                                 {{"10.0.0.0/8", mmdb::asn(64500, "Ours")}});
    return (empty_ / name).string();
  };
  const std::time_t now = std::time(nullptr);
  const Outcome outcome = examine({"--verbose", "--geoip", database("old", now - 100 * 86'400), "--geoip",
                                   database("new", now), "--geoip", (empty_ / "none").string()});
  EXPECT_EQ(outcome.code, 1);
  const std::string found = of_check(outcome, "geoip");
  EXPECT_THAT(found, AllOf(HasSubstr("warning  geoip            " + (empty_ / "old").string() +
                                     " (GeoLite2-ASN) is 100 days old"),
                           HasSubstr("ok       geoip            " + (empty_ / "new").string())));
  EXPECT_THAT(found, HasSubstr("problem  geoip"));
}

TEST_F(Doctor, StoreOnAFullDisk) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may mount";
  const std::filesystem::path small = empty_ / "small";
  std::filesystem::create_directory(small);
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=4m") != 0) GTEST_SKIP() << "mounting is not permitted here";
  const Outcome outcome = examine({"-d", small.string()});
  ::umount(small.c_str());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(of_check(outcome, "disk"), AllOf(HasSubstr("problem"), HasSubstr("only 4.0 MiB of 4.0 MiB free")));
  EXPECT_THAT(of_check(outcome, "store"), HasSubstr("is not a store"));
}

TEST_F(Doctor, StoreThatLostASegment) {
  const std::string store = (empty_ / "store").string();
  const std::string flows = (empty_ / "flows.json").string();
  std::ofstream(flows)
      << R"({"type":"IPFIX","time_received_ns":1700000000000000000,"time_flow_start_ns":1700000000000000000,)"
      << R"("time_flow_end_ns":1700000000000000000,"bytes":1,"packets":1,"src_addr":"10.0.0.1","dst_addr":"10.0.0.2"})"
      << "\n";
  const Outcome import = run({weir_binary(), "db", "import", "-d", store, flows});
  ASSERT_EQ(import.code, 0) << import.err;
  EXPECT_THAT(of_check(examine({"--verbose", "-d", store}), "store"), HasSubstr("ok "));
  unsigned removed = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store)) {
    if (entry.path().extension() == ".seg" && ++removed == 1) std::filesystem::resize_file(entry.path(), 10);
  }
  ASSERT_GT(removed, 0U);
  EXPECT_THAT(of_check(examine({"-d", store}), "store"),
              AllOf(HasSubstr("problem"), HasSubstr("weir db check -d " + store)));
}

TEST_F(Doctor, ConfigFile) {
  const auto with = [&](const std::string& text) {
    std::ofstream(empty_ / "weir.toml") << text;
    return examine({"--verbose", "--config", (empty_ / "weir.toml").string()});
  };
  EXPECT_THAT(of_check(with("[collect]\nlisen = \"udp://[::]:9\"\n"), "config"),
              AllOf(HasSubstr("problem"), HasSubstr("did you mean 'collect.listen'")));
  EXPECT_THAT(of_check(with("[export]\nthreads = 100000\n"), "config"),
              AllOf(HasSubstr("problem"), HasSubstr("--threads")));
  const Outcome good =
      with("[collect]\nlisten = [\"udp://127.0.0.1:1\"]\nto = \"store:" + (empty_ / "s").string() + "\"\n");
  EXPECT_THAT(of_check(good, "config"), HasSubstr("ok "));
  EXPECT_THAT(of_check(good, "port"), HasSubstr("UDP port 1"));
  EXPECT_THAT(of_check(good, "disk"), HasSubstr("free for the store"));
  EXPECT_FALSE(std::filesystem::exists(empty_ / "s")) << "looking must not start anything";
  EXPECT_THAT(of_check(examine({"--config", (empty_ / "none").string()}), "config"), HasSubstr("does not exist"));
}

TEST_F(Doctor, Interfaces) {
  const Outcome outcome = examine({"--verbose", "-i", "lo", "-i", "weir-none0"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(of_check(outcome, "interface"),
              AllOf(HasSubstr("problem  interface        there is no interface weir-none0")));
}

TEST_F(Doctor, CapabilityIsTheUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give its rights up";
  if (!have_program("setpriv")) GTEST_SKIP() << "setpriv is not installed";
  const std::vector<std::string> doctor = {weir_binary(), "doctor",    "--verbose",           "-i",
                                           "lo",          "--run-dir", empty_.path().string()};
  std::vector<std::string> without = {"setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"};
  without.insert(without.end(), doctor.begin(), doctor.end());
  EXPECT_THAT(of_check(run(doctor), "capability"), HasSubstr("ok "));
  EXPECT_THAT(of_check(run(without), "capability"), AllOf(HasSubstr("problem"), HasSubstr("setcap cap_net_raw=ep")));
}

TEST_F(Doctor, DaemonThatDoesNotAnswerHoldsItUpBriefly) {
  RunningCollector collector;
  collector.process().signal(SIGSTOP);
  const auto began = std::chrono::steady_clock::now();
  const Outcome outcome = examine(collector, {"--verbose"});
  const auto took = std::chrono::steady_clock::now() - began;
  collector.process().signal(SIGCONT);
  EXPECT_LT(took, std::chrono::seconds(20)) << "it has two seconds; this machine may be slow";
  EXPECT_THAT(of_check(outcome, "kernel-drops"), AllOf(HasSubstr("skipped"), HasSubstr("does not answer")));
}

TEST_F(Doctor, CommandsOfItsPageRun) {
  const std::string text = slurp(std::filesystem::path(WEIR_SOURCE_DIR) / "docs/doctor.md");
  const std::size_t begin = text.find("```sh\n") + 6;
  const auto commands = lines_of(text.substr(begin, text.find("```", begin) - begin));
  ASSERT_GE(commands.size(), 5U);
  const std::string path =
      "PATH=" + std::filesystem::path(weir_binary()).parent_path().string() + ":" + std::getenv("PATH");
  for (const std::string& command : commands) {
    const Outcome outcome = run({"sh", "-c", command}, {path});
    EXPECT_LT(outcome.code, 2) << command << "\n" << outcome.err;
    EXPECT_EQ(outcome.err, "") << command;
  }
}

TEST_F(Doctor, JsonAndUsage) {
  const Record report = parse_record(examine({"--json"}).out);
  EXPECT_TRUE(report.contains("version"));
  EXPECT_THAT(report.at("findings"), HasSubstr(R"("check":"port")"));
  const Outcome wrong = examine({"--jsn"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean '--json'"));
  EXPECT_THAT(examine({"--verbose"}).out, Not(HasSubstr("\x1b"))) << "no terminal, no colour";
}

}  // namespace
}  // namespace weir::test
