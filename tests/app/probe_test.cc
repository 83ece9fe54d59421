// Conformance probes (../shared/tools/probe_collector.py) against a running collector, with the answers that
// ../shared/README.md gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/running_collector.h"

namespace weir::test {
namespace {

using testing::UnorderedElementsAre;

std::filesystem::path probe() { return shared_dir() / "tools/probe_collector.py"; }

// What a probe's flows are told apart by: "10.1.1.1:1111>10.2.2.2:80 10/1000".
std::string brief(const Record& r) {
  return r.at("src_addr") + ":" + r.at("src_port") + ">" + r.at("dst_addr") + ":" + r.at("dst_port") + " " +
         r.at("packets") + "/" + r.at("bytes");
}

std::vector<std::string> brief(const std::vector<Record>& records) {
  std::vector<std::string> all;
  for (const Record& record : records) all.push_back(brief(record));
  return all;
}

class Probe : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(probe())) GTEST_SKIP() << probe() << " is not there";
    if (!have_program("python3")) GTEST_SKIP() << "python3 is not installed";
    collector_ = std::make_unique<RunningCollector>();
  }

  void send(const std::string& name) {
    const Outcome outcome = run({"python3", probe().string(), std::to_string(collector_->port()), name});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }

  // Sends the case, stops the collector, returns what it delivered.
  std::vector<Record> flows_of(const std::string& name) {
    send(name);
    EXPECT_EQ(collector_->stop(), 0) << collector_->process().err();
    return collector_->records();
  }

  std::size_t resident_kb() {
    for (const std::string& line :
         lines_of(slurp("/proc/" + std::to_string(collector_->process().pid()) + "/status"))) {
      if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    }
    return 0;
  }

  std::unique_ptr<RunningCollector> collector_;
};

const std::string kFirst = "10.1.1.1:1>10.2.2.2:80 10/1000";
const std::string kSecond = "10.1.1.2:2>10.2.2.2:80 10/1000";
const std::string kBasic = "10.1.1.1:1111>10.2.2.2:80 10/1000";
// Sent by a template whose destination (element 12) stands before the source.
const std::string kOtherOrder = "10.8.8.8:2222>10.9.9.9:443 7/700";

TEST_F(Probe, Basic) { EXPECT_THAT(brief(flows_of("basic")), UnorderedElementsAre(kBasic)); }
TEST_F(Probe, DataBeforeItsTemplate) { EXPECT_THAT(brief(flows_of("early")), UnorderedElementsAre(kFirst, kSecond)); }
TEST_F(Probe, TemplateBehindDataInOneMessage) {
  EXPECT_THAT(brief(flows_of("dataThenTmplSameMsg")), UnorderedElementsAre(kFirst));
}
TEST_F(Probe, TwoExportersBehindOneAddress) {
  EXPECT_THAT(brief(flows_of("collide")), UnorderedElementsAre(kBasic, kOtherOrder));
}
TEST_F(Probe, OneIdInTwoDomains) { EXPECT_THAT(brief(flows_of("odid")), UnorderedElementsAre(kBasic, kOtherOrder)); }
TEST_F(Probe, WithdrawalIsIgnoredOverUdp) {
  EXPECT_THAT(brief(flows_of("withdraw")), UnorderedElementsAre(kFirst, kSecond));
}
TEST_F(Probe, WithdrawalOfAllIsIgnoredOverUdp) {
  EXPECT_THAT(brief(flows_of("withdrawall")), UnorderedElementsAre(kSecond));
}
TEST_F(Probe, SpoofedWithdrawal) { EXPECT_THAT(brief(flows_of("spoofwd")), UnorderedElementsAre(kFirst)); }

TEST_F(Probe, ReverseElementsStandBesideForwardOnes) {
  const auto flows = flows_of("reverse");
  ASSERT_EQ(flows.size(), 1U);
  const Record& flow = flows[0];
  EXPECT_EQ(brief(flow), kBasic);
  EXPECT_EQ(flow.at("tcp_flags"), "2");
  EXPECT_EQ(flow.at("reverse_packets"), "20");
  EXPECT_EQ(flow.at("reverse_bytes"), "2000");
  EXPECT_EQ(flow.at("reverse_tcp_flags"), "18");
  const auto time = [&](const char* name) { return std::stoull(flow.at(name)) / 1'000'000; };
  EXPECT_EQ(time("time_flow_end_ns") - time("time_flow_start_ns"), 4000U);
  EXPECT_EQ(time("reverse_time_flow_start_ns") - time("time_flow_start_ns"), 1000U);
  EXPECT_EQ(time("reverse_time_flow_end_ns") - time("reverse_time_flow_start_ns"), 3100U);
}

TEST_F(Probe, ReducedSizeCounters) {
  EXPECT_THAT(brief(flows_of("reduced")), UnorderedElementsAre("10.1.1.1:1111>10.2.2.2:80 70000/5000000000"));
}

TEST_F(Probe, PaddingOfAnyLength) {
  for (const char* length : {"0", "1", "2", "3", "4", "5", "6", "7"}) send(std::string("pad") + length);
  EXPECT_EQ(collector_->stop(), 0);
  const auto flows = collector_->records();
  EXPECT_EQ(flows.size(), 16U);
  EXPECT_EQ(std::ranges::count(brief(flows), kFirst), 8);
  EXPECT_EQ(std::ranges::count(brief(flows), kSecond), 8);
}

TEST_F(Probe, VariableLengthFields) {
  EXPECT_THAT(brief(flows_of("varlen")), UnorderedElementsAre(kFirst, kSecond, "10.1.1.3:3>10.2.2.2:80 10/1000",
                                                              "10.1.1.4:4>10.2.2.2:80 10/1000"));
}

TEST_F(Probe, MicrosecondsAreNtpFractions) {
  const auto flows = flows_of("usec");
  ASSERT_EQ(flows.size(), 1U);
  const auto milliseconds = [&](const char* name) { return (std::stoull(flows[0].at(name)) + 500'000) / 1'000'000; };
  EXPECT_EQ(milliseconds("time_flow_start_ns") % 1000, 0U) << "the probe's times are whole seconds";
  EXPECT_EQ(milliseconds("time_flow_end_ns") - milliseconds("time_flow_start_ns"), 4000U);
}

TEST_F(Probe, SamplingRates) {
  const std::pair<const char*, const char*> cases[] = {
      {"samp1", "10"}, {"samp2", "100"}, {"opt2tmpl", "10"}, {"optvar", "10"}};
  for (const auto& [name, rate] : cases) {
    collector_ = std::make_unique<RunningCollector>();
    const auto flows = flows_of(name);
    ASSERT_EQ(flows.size(), 1U) << name;
    EXPECT_EQ(flows[0].at("sampling_rate"), rate) << name;
  }
}

TEST_F(Probe, EnterpriseElementIsNoSamplingInterval) {
  const auto flows = flows_of("optpen");
  ASSERT_EQ(flows.size(), 1U);
  EXPECT_THAT(flows[0].at("sampling_rate"), testing::AnyOf("0", "1"));
}

TEST_F(Probe, SamplingPerInterface) {
  const auto flows = flows_of("ifscope");
  ASSERT_EQ(flows.size(), 2U);
  for (const Record& flow : flows) EXPECT_EQ(flow.at("sampling_rate"), flow.at("in_if") == "1" ? "10" : "100");
}

// Gaps count as losses once nothing can fill them any more, at the end at the latest.
TEST_F(Probe, NoLossWhereNothingIsLost) {
  for (const char* name : {"seqopt", "sequnk", "reorder"}) {
    collector_ = std::make_unique<RunningCollector>();
    flows_of(name);
    EXPECT_THAT(collector_->process().err(), testing::HasSubstr("by sequence numbers 0 lost")) << name;
  }
}

TEST_F(Probe, LostRecordsAreCounted) {
  flows_of("lost");
  EXPECT_THAT(collector_->process().err(), testing::HasSubstr("by sequence numbers 20 lost"));
}

TEST_F(Probe, RedefinedTemplateNeverDecodesByTheOldLayout) {
  const auto flows = flows_of("stale");
  ASSERT_GE(flows.size(), 1U);
  EXPECT_EQ(brief(flows[0]), kFirst);
  for (std::size_t i = 1; i < flows.size(); ++i) {
    EXPECT_EQ(flows[i].at("bytes"), "0");
    EXPECT_EQ(flows[i].at("packets"), "0");
    EXPECT_EQ(flows[i].at("src_addr"), "");
  }
}

TEST_F(Probe, MalformedSetCostsOnlyItself) {
  EXPECT_THAT(brief(flows_of("badvar")), UnorderedElementsAre(kFirst, kSecond));
}

// Templates may take 64 MiB and waiting sets 16 MiB (Decoder::Limits), whatever is sent.
TEST_F(Probe, FloodsStayInsideTheMemoryBound) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have memory of their own";
#endif
  const std::size_t before = resident_kb();
  for (const char* name : {"tmplflood", "odidflood", "leak"}) send(name);
  EXPECT_LT(resident_kb(), before + 100'000);
  send("basic");
  EXPECT_EQ(collector_->stop(), 0);
  EXPECT_THAT(brief(collector_->records()), testing::Contains(kBasic)) << "and it goes on working";
}

}  // namespace
}  // namespace weir::test
