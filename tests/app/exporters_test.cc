// Live exporters, where they are installed: softflowd and pmacct's nfprobe read known packets and export them in every
// version; what the collector delivers must add up to these packets, to the byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/app/running_collector.h"
#include "tests/support/traffic.h"

namespace weir::test {
namespace {

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

struct Version {
  const char* number;
  const char* type;
  Traffic::Versions traffic;

  friend void PrintTo(const Version& version, std::ostream* out) { *out << version.type; }
};

class LiveExporter : public testing::TestWithParam<Version> {
 protected:
  void SetUp() override { traffic_.write_pcap(capture_); }

  std::string target() const { return "127.0.0.1:" + std::to_string(collector_.port()); }

  void expect_delivery() {
    EXPECT_EQ(collector_.wait_for_records(traffic_.totals().size()).size(), traffic_.totals().size());
    EXPECT_EQ(collector_.decoded().at("sequence_lost"), "0");
    EXPECT_EQ(collector_.stop(), 0);
    const auto records = collector_.records();
    EXPECT_EQ(totals_of(records), traffic_.totals());
    for (const Record& record : records) EXPECT_EQ(record.at("type"), GetParam().type);
  }

  Traffic traffic_{GetParam().traffic};
  TempDir dir_;
  std::filesystem::path capture_ = dir_ / "traffic.pcap";
  RunningCollector collector_;
};

TEST_P(LiveExporter, Softflowd) {
  if (!have_program("softflowd")) GTEST_SKIP() << "softflowd is not installed";
  const Outcome outcome = run({"softflowd", "-d", "-r", capture_.string(), "-n", target(), "-v", GetParam().number,
                               "-p", (dir_ / "pid").string(), "-c", "none"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  expect_delivery();
}

TEST_P(LiveExporter, Nfprobe) {
  if (!have_program("pmacctd")) GTEST_SKIP() << "pmacctd is not installed";
  std::ofstream(dir_ / "pmacctd.conf") << "daemonize: false\n"
                                       << "pcap_savefile: " << capture_.string() << "\n"
                                       << "pcap_savefile_wait: false\n"
                                       << "aggregate: src_host,dst_host,src_port,dst_port,proto,tos\n"
                                       << "plugins: nfprobe\n"
                                       << "nfprobe_receiver: " << target() << "\n"
                                       << "nfprobe_version: " << GetParam().number << "\n";
  Process exporter({"pmacctd", "-f", (dir_ / "pmacctd.conf").string()});
  expect_delivery();
}

INSTANTIATE_TEST_SUITE_P(AllVersions, LiveExporter,
                         testing::Values(Version{"5", "NETFLOW_V5", Traffic::Versions::kIpv4},
                                         Version{"9", "NETFLOW_V9", Traffic::Versions::kBoth},
                                         Version{"10", "IPFIX", Traffic::Versions::kBoth}),
                         [](const auto& version) { return std::string("V") + version.param.number; });

}  // namespace
}  // namespace weir::test
