// weir export as a process: capture files and live interfaces, to files, collectors and stores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <set>

#include "tests/app/running_collector.h"
#include "tests/support/netns.h"
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

TEST_F(ExportFile, WhatV5CannotCarryIsCountedAndTold) {
  const Traffic traffic(Traffic::Versions::kBoth);
  RunningCollector collector;
  const Outcome outcome = run({weir_binary(), "export", "--pcap", capture(traffic), "--to",
                               "udp://127.0.0.1:" + std::to_string(collector.port()) + "?protocol=5"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("dropped"));
}

// An exporter on one end of a cable.
class ExportLive : public ExportFile {
 protected:
  void SetUp() override {
    if (const std::string why = NetworkPair::impossible(); !why.empty()) GTEST_SKIP() << why;
    if (!have_program("tcpreplay")) GTEST_SKIP() << "tcpreplay is not installed";
    net_.emplace();
  }

  void start(std::vector<std::string> more) {
    std::vector<std::string> argv{
        weir_binary(), "export", "-i", "right0", "--to", "file:" + out_.string(), "--run-dir", dir_.path().string()};
    argv.insert(argv.end(), more.begin(), more.end());
    exporter_.emplace(NetworkPair::in(net_->right(), argv));
    ASSERT_TRUE(wait_until([&] { return exporter_->err().find("writing flows to") != std::string::npos; }))
        << exporter_->err();
  }

  void replay(const std::string& path) {
    const Outcome outcome =
        run(NetworkPair::in(net_->left(), {"tcpreplay", "-q", "-i", "left0", "--pps", "2000", path}));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  Record status() const {
    const Outcome outcome = run({weir_binary(), "status", "exporter", "--json", "--run-dir", dir_.path().string()});
    return outcome.code == 0 ? parse_record(outcome.out) : Record{};
  }
  std::uint64_t metered() const {
    const Record record = status();
    if (record.empty()) return 0;
    return std::stoull(parse_record(record.at("metering")).at("wire_packets"));
  }

  // SIGTERM writes every flow.
  std::vector<Record> stop() {
    exporter_->signal(SIGTERM);
    EXPECT_EQ(exporter_->wait(), 0) << exporter_->err();
    return parse_records(slurp(out_));
  }

  static std::uint64_t packets_of(const Traffic& traffic) {
    std::uint64_t sum = 0;
    for (const auto& [key, total] : traffic.totals()) sum += total.first;
    return sum;
  }

  std::optional<NetworkPair> net_;
  std::filesystem::path out_ = dir_ / "flows.json";
  std::optional<Process> exporter_;
};

TEST_F(ExportLive, KnownTrafficGivesTheKnownFlows) {
  const Traffic traffic(Traffic::Versions::kBoth);
  start({});
  replay(capture(traffic));
  EXPECT_TRUE(wait_until([&] { return metered() == packets_of(traffic); })) << metered();
  EXPECT_EQ(status().at("imbalances"), "[]");
  const auto records = stop();
  EXPECT_EQ(totals_of(records), traffic.totals());
  for (const Record& record : records) {
    EXPECT_EQ(record.at("flow_direction"), "0") << "it came in";
    EXPECT_NE(record.at("in_if"), "0");
    EXPECT_EQ(record.at("in_if_name"), "right0");
    EXPECT_EQ(record.at("out_if"), "0");
  }
}

TEST_F(ExportLive, GoesOnWhenTheInterfaceComesBack) {
  const Traffic traffic(Traffic::Versions::kIpv4);
  start({});
  replay(capture(traffic));
  EXPECT_TRUE(wait_until([&] { return metered() == packets_of(traffic); }));
  net_->unplug();
  EXPECT_TRUE(wait_until([&] { return status().at("interfaces").find("\"up\":false") != std::string::npos; }));
  net_->plug();
  EXPECT_TRUE(wait_until([&] { return status().at("interfaces").find("\"up\":true") != std::string::npos; }));
  replay(capture(traffic));
  EXPECT_TRUE(wait_until([&] { return metered() == 2 * packets_of(traffic); })) << metered();
  Totals twice = traffic.totals();
  for (auto& [key, total] : twice) total = {2 * total.first, 2 * total.second};
  EXPECT_EQ(totals_of(stop()), twice);
}

TEST_F(ExportLive, KeepsNoPrivilege) {
  start({});

  std::set<std::string> capabilities;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(exporter_->pid()) + "/task")) {
    for (const std::string& line : lines_of(slurp(task.path() / "status"))) {
      if (line.starts_with("CapEff") || line.starts_with("CapPrm")) capabilities.insert(line.substr(line.find('\t')));
    }
  }
  EXPECT_EQ(capabilities, std::set<std::string>{"\t0000000000000000"});
  stop();
}

TEST_F(ExportLive, AStoreAnswersAsAHostsWould) {
  start({"--to", "store:" + (dir_ / "store").string()});
  // Five packets there, answered by as many.
  const Outcome ping = run(NetworkPair::in(net_->left(), {"ping", "-q", "-c", "5", "-i", "0.01", "10.9.0.2"}));
  if (ping.code != 0) GTEST_SKIP() << "no ping here: " << ping.err;
  EXPECT_TRUE(wait_until([&] { return metered() >= 10; }));
  stop();
  const Outcome query = run({weir_binary(), "query", "-d", (dir_ / "store").string(), "-i", "right0", "-e", "csv", "-f",
                             "-1h", "sip,dip,proto"});
  ASSERT_EQ(query.code, 0) << query.err;
  // 5 packets of 84 octets in, 5 out.
  EXPECT_THAT(query.out, AllOf(HasSubstr("10.9.0.1,10.9.0.2,ICMP"), HasSubstr("420"), HasSubstr("5")));
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
  EXPECT_THAT(refused({"-i", "lo", "--local-net", "10.0.0.0/99"}), HasSubstr("--local-net"));
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
