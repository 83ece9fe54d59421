// weir export as a process: capture files and live interfaces, to files, collectors and stores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "tests/app/running_collector.h"
#include "tests/support/network.h"
#include "tests/support/traffic.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Totals totals_of(const std::vector<Record>& records) {
  Totals totals;
  for (const Record& r : records) {
    const bool ports = r.at("proto") == "TCP" || r.at("proto") == "UDP";
    auto& [packets, bytes] = totals[r.at("src_addr") + ":" + (ports ? r.at("src_port") : "0") + ">" + r.at("dst_addr") +
                                    ":" + (ports ? r.at("dst_port") : "0") + "/" + r.at("proto")];
    packets += std::stoull(r.at("packets"));
    bytes += std::stoull(r.at("bytes"));
  }
  return totals;
}

class ExportFile : public testing::Test {
 protected:
  std::string capture(const Traffic& traffic) {
    traffic.write_pcap(dir_ / "traffic.pcap");
    return dir_ / "traffic.pcap";
  }

  TempDir dir_;
};

TEST_F(ExportFile, GivesTheFlowsOfACapture) {
  const Traffic traffic(Traffic::Versions::kBoth);
  const Outcome outcome = run({weir_binary(), "export", "--pcap", capture(traffic)});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto records = parse_records(outcome.out);
  EXPECT_EQ(totals_of(records), traffic.totals());
  for (const Record& record : records) EXPECT_EQ(record.at("type"), "WEIR");
}

TEST_F(ExportFile, ExtremesAreToldWhenAskedFor) {
  const Traffic traffic(Traffic::Versions::kIpv4);
  const Outcome outcome =
      run({weir_binary(), "export", "--pcap", capture(traffic), "--extremes", "--to", "stdout?fields=all"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const Record& record : parse_records(outcome.out)) {
    EXPECT_EQ(record.at("minimumTTL"), "64");
    EXPECT_EQ(record.at("maximumTTL"), "64");
    EXPECT_LE(std::stoul(record.at("minimumIpTotalLength")), std::stoul(record.at("maximumIpTotalLength")));
  }
}

TEST_F(ExportFile, ACaptureThatIsCutGivesWhatItHasAndFails) {
  const Traffic traffic(Traffic::Versions::kIpv4);
  const std::string path = capture(traffic);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 5);
  const Outcome outcome = run({weir_binary(), "export", "--pcap", path});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("traffic.pcap"));
  EXPECT_FALSE(parse_records(outcome.out).empty());
}

struct Protocol {
  const char* number;
  const char* type;
  Traffic::Versions traffic;
};

class ExportToCollector : public ExportFile, public testing::WithParamInterface<Protocol> {};

TEST_P(ExportToCollector, EveryFlowArrives) {
  const Traffic traffic(GetParam().traffic);
  RunningCollector collector;
  const Outcome outcome = run({weir_binary(), "export", "--pcap", capture(traffic), "--to",
                               "udp://127.0.0.1:" + std::to_string(collector.port()), "--protocol", GetParam().number});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  collector.wait_for_records(traffic.totals().size());
  EXPECT_EQ(collector.decoded().at("sequence_lost"), "0");
  EXPECT_EQ(collector.stop(), 0);
  const auto records = collector.records();
  EXPECT_EQ(totals_of(records), traffic.totals());
  for (const Record& record : records) EXPECT_EQ(record.at("type"), GetParam().type);
}

INSTANTIATE_TEST_SUITE_P(AllProtocols, ExportToCollector,
                         testing::Values(Protocol{"5", "NETFLOW_V5", Traffic::Versions::kIpv4},
                                         Protocol{"9", "NETFLOW_V9", Traffic::Versions::kBoth},
                                         Protocol{"ipfix", "IPFIX", Traffic::Versions::kBoth}),
                         [](const auto& protocol) { return std::string(protocol.param.type); });

// Neither a sink without room nor one that never answers keeps it from ending; of two signals together, as timeout(1)
// sends them, one counts.
TEST_F(ExportFile, ASignalEndsWaitingForAnOutput) {
  const std::filesystem::path out = dir_ / "flows.json";
  const Traffic traffic(Traffic::Versions::kIpv4);
  Process process({weir_binary(), "export", "--pcap", capture(traffic), "--to", "tcp://127.0.0.1:1", "--to",
                   "file:" + out.string()});
  ASSERT_TRUE(wait_until([&] { return process.err().find("refused") != std::string::npos; }));
  process.signal(SIGTERM);
  ::usleep(2000);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(std::chrono::seconds(30)), 1);
  EXPECT_THAT(process.err(), HasSubstr("closing"));
  EXPECT_EQ(totals_of(parse_records(slurp(out))), traffic.totals());
}

TEST_F(ExportFile, WhatV5CannotCarryIsCountedAndTold) {
  const Traffic traffic(Traffic::Versions::kBoth);
  RunningCollector collector;
  const Outcome outcome = run({weir_binary(), "export", "--pcap", capture(traffic), "--to",
                               "udp://127.0.0.1:" + std::to_string(collector.port()) + "?protocol=5"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("dropped"));
}

// An exporter on one end of a cable; the frames of Traffic are addressed to it.
class ExportLive : public ExportFile {
 protected:
  void SetUp() override {
    if (!NetNamespace::available()) GTEST_SKIP() << "network namespaces need root and iproute2";
    net_.emplace();
    add_cable("near", "far");
  }

  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> argv{weir_binary(), "export",         "-i", "near", "--to", "file:" + out_.string(),
                                  "--run-dir",   run_dir_.string()};
    argv.insert(argv.end(), more.begin(), more.end());
    exporter_.emplace(argv);
    ASSERT_TRUE(wait_until([&] { return exporter_->err().find("writing flows to") != std::string::npos; }))
        << exporter_->err();
  }

  static void send(const std::string& interface, const std::vector<std::vector<std::uint8_t>>& frames) {
    FrameSender sender(interface);
    for (const auto& frame : frames) sender.send(frame);
  }

  Record status() const {
    const Outcome outcome = run({weir_binary(), "status", "exporter", "--json", "--run-dir", run_dir_.string()});
    return outcome.code == 0 ? parse_record(outcome.out) : Record{};
  }
  bool wait_for_packets(std::size_t count) const {
    return wait_until([&] {
      const Record record = status();
      return !record.empty() && parse_record(record.at("metering")).at("wire_packets") == std::to_string(count);
    });
  }
  bool wait_for_interface(const std::string& word) const {
    return wait_until([&] { return status()["interfaces"].find(word) != std::string::npos; });
  }

  // SIGTERM writes every flow.
  std::vector<Record> stop() {
    exporter_->signal(SIGTERM);
    EXPECT_EQ(exporter_->wait(), 0) << exporter_->err();
    return parse_records(slurp(out_));
  }

  std::optional<NetNamespace> net_;
  std::filesystem::path out_ = dir_ / "flows.json";
  std::filesystem::path run_dir_ = dir_.path();
  std::optional<Process> exporter_;
};

TEST_F(ExportLive, KnownTrafficGivesTheKnownFlows) {
  const Traffic traffic(Traffic::Versions::kBoth);
  start();
  send("far", traffic.frames());
  EXPECT_TRUE(wait_for_packets(traffic.frames().size())) << exporter_->err();
  EXPECT_EQ(status()["imbalances"], "[]");
  const auto records = stop();
  EXPECT_EQ(totals_of(records), traffic.totals());
  for (const Record& record : records) {
    EXPECT_EQ(record.at("flow_direction"), "0") << "it came in";
    EXPECT_NE(record.at("in_if"), "0");
    EXPECT_EQ(record.at("in_if_name"), "near");
    EXPECT_EQ(record.at("out_if"), "0");
  }
}

// The kernel still has it, in blocks that are neither full nor old.
TEST_F(ExportLive, WritesWhatWasCapturedLast) {
  const Traffic traffic(Traffic::Versions::kBoth);
  for (const char* threads : {"1", "2"}) {
    start({"--ring-timeout", "1s", "--threads", threads});
    send("far", traffic.frames());
    EXPECT_EQ(totals_of(stop()), traffic.totals()) << threads << " threads";
    std::filesystem::remove(out_);
  }
}

TEST_F(ExportLive, GoesOnWhenTheInterfaceComesBack) {
  const Traffic traffic(Traffic::Versions::kIpv4);
  start();
  send("far", traffic.frames());
  EXPECT_TRUE(wait_for_packets(traffic.frames().size()));
  ip("link del near");
  EXPECT_TRUE(wait_for_interface("\"up\":false"));
  add_cable("near", "far");
  EXPECT_TRUE(wait_for_interface("\"up\":true"));
  send("far", traffic.frames());
  EXPECT_TRUE(wait_for_packets(2 * traffic.frames().size()));
  Totals twice = traffic.totals();
  for (auto& [key, total] : twice) total = {2 * total.first, 2 * total.second};
  EXPECT_EQ(totals_of(stop()), twice);
}

TEST_F(ExportLive, KeepsNoPrivilege) {
  start();
  std::set<std::string> capabilities;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(exporter_->pid()) + "/task")) {
    for (const std::string& line : lines_of(slurp(task.path() / "status"))) {
      if (line.starts_with("CapEff")) capabilities.insert(line.substr(line.find('\t') + 1));
    }
  }
  EXPECT_EQ(capabilities, std::set<std::string>{"0000000000000000"});
  stop();
}

// The directory of the control socket is made while root may still do so.
TEST_F(ExportLive, BecomesAUserThatCanBeAsked) {
  std::filesystem::permissions(dir_.path(), std::filesystem::perms::all);
  run_dir_ = dir_ / "private" / "run";
  std::filesystem::create_directory(run_dir_.parent_path());
  const Traffic traffic(Traffic::Versions::kIpv4);
  start({"--user", "nobody"});
  EXPECT_THAT(slurp("/proc/" + std::to_string(exporter_->pid()) + "/status"), HasSubstr("Uid:\t65534\t65534"));
  send("far", traffic.frames());
  EXPECT_TRUE(wait_for_packets(traffic.frames().size())) << exporter_->err();
  EXPECT_EQ(totals_of(stop()), traffic.totals());
}

// The same frame on its way back: MAC addresses, IPv4 addresses and ports change places.
std::vector<std::uint8_t> answer_to(std::vector<std::uint8_t> frame) {
  std::swap_ranges(frame.begin(), frame.begin() + 6, frame.begin() + 6);
  std::swap_ranges(frame.begin() + 26, frame.begin() + 30, frame.begin() + 30);
  std::swap_ranges(frame.begin() + 34, frame.begin() + 36, frame.begin() + 36);
  return frame;
}

TEST_F(ExportLive, AStoreAnswersAsAHostsWould) {
  const std::string store = (dir_ / "store").string();
  start({"--to", "store:" + store});
  const std::vector<std::uint8_t> frame = Traffic(Traffic::Versions::kIpv4).frames().front();
  send("far", {frame, frame, frame});
  EXPECT_TRUE(wait_for_packets(3));
  send("near", {answer_to(frame), answer_to(frame)});
  EXPECT_TRUE(wait_for_packets(5));
  ASSERT_EQ(stop().size(), 2U) << "JSON shows one record a direction";
  const Outcome query =
      run({weir_binary(), "query", "-d", store, "-i", "near", "-e", "csv", "-f", "-1h", "sip,dip,dport,proto"});
  ASSERT_EQ(query.code, 0) << query.err;
  const std::size_t octets = frame.size() - 14;
  const auto lines = lines_of(query.out);
  ASSERT_EQ(lines.size(), 2U) << query.out;
  EXPECT_THAT(lines[1], testing::StartsWith("10.1.0.1,10.2.0.1,443,TCP,")) << query.out;
  EXPECT_THAT(lines[1], AllOf(HasSubstr(",3,"), HasSubstr(",2,"), HasSubstr("," + std::to_string(3 * octets) + ","),
                              HasSubstr(std::to_string(2 * octets))))
      << query.out;
}

TEST(ExportUsage, TellsWhatIsMissing) {
  const auto refused = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {weir_binary(), "export"});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    return outcome.err;
  };
  EXPECT_THAT(refused({}), HasSubstr("-i eth0"));
  EXPECT_THAT(refused({"-i", "lo", "--pcap", "x"}), HasSubstr("--pcap"));
  EXPECT_THAT(refused({"--pcap", "/nonexistent/x.pcap"}), HasSubstr("/nonexistent/x.pcap"));
  EXPECT_THAT(refused({"--pcap", "x", "--protocol", "9"}), HasSubstr("--to udp://"));
  EXPECT_THAT(refused({"-i", "lo", "--active-timeout", "soon"}), HasSubstr("--active-timeout soon"));
  EXPECT_THAT(refused({"--pcap", "x", "--to", "udp://127.0.0.1:9", "--protocol", "9", "--biflow"}),
              HasSubstr("--biflow"));
  EXPECT_THAT(refused({"-i", "lo", "--ring-block", "64MiB", "--ring-blocks", "17"}), HasSubstr("--ring-blocks 17"));
  EXPECT_THAT(refused({"-i", "lo", "--ring-block", "64KiB", "--snaplen", "65535"}), HasSubstr("--ring-block 64KiB"));
  EXPECT_THAT(refused({"-i", "lo", "--ring-timeout", "11s"}), HasSubstr("--ring-timeout 11s"));
  EXPECT_THAT(refused({"-i", "lo", "--sampling", "100000", "--flow-sampling", "100000"}), HasSubstr("--sampling"));
  EXPECT_THAT(refused({"-i", "lo", "--local-net", "10.0.0.0/99"}), HasSubstr("--local-net"));
}

TEST_F(ExportLive, AFileThatItsUserMayNotWriteIsAnError) {
  std::filesystem::permissions(dir_.path(), std::filesystem::perms::owner_all);
  const TempDir open;
  std::filesystem::permissions(open.path(), std::filesystem::perms::all);
  const Outcome outcome = run({weir_binary(), "export", "-i", "near", "--user", "nobody", "--run-dir",
                               (open / "run").string(), "--to", "file:" + out_.string()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("Permission denied"), HasSubstr(out_.string())));
}

TEST(ExportUsage, WithoutPrivilegeNamesTheCapability) {
  if (!have_program("setpriv")) GTEST_SKIP() << "setpriv is not installed";
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give its rights up for the test";
  const Outcome outcome = run({"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", weir_binary(),
                               "export", "-i", "lo", "--run-dir", "/tmp"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("CAP_NET_RAW"), HasSubstr("setcap")));
}

}  // namespace
}  // namespace weir::test
