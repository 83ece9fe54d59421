#include "tests/app/doctor/rig.h"

namespace weir::test {
namespace {

TEST(DoctorCapability, NeededOnlyWhereSomethingIsCaptured) {
  Facts facts;
  EXPECT_THAT(finding(check_capability, facts), Says(kOk, "may capture"));
  facts.may_capture = fail("it has no CAP_NET_RAW");
  EXPECT_THAT(finding(check_capability, facts), Says(kNote, "CAP_NET_RAW"));
  facts.intent.interfaces = {"eth0"};
  EXPECT_THAT(finding(check_capability, facts), Says(kProblem, "setcap cap_net_raw=ep"));
  facts.exporter = json("{}");
  EXPECT_THAT(finding(check_capability, facts), Says(kOk, "running exporter"));
}

Facts with_interface(const InterfaceFacts& interface) {
  Facts facts;
  facts.interfaces = {interface};
  return facts;
}

TEST(DoctorInterface, ThereUpAndConnected) {
  EXPECT_THAT(finding(check_interface, Facts{}), Says(kSkipped, "-i INTERFACE"));
  EXPECT_THAT(finding(check_interface, with_interface({.name = "eth1", .lro_advice = {}})), Says(kOk, "eth1 is up"));
  EXPECT_THAT(finding(check_interface, with_interface({.name = "eth1", .exists = false, .lro_advice = {}})),
              Says(kProblem, "no interface eth1"));
  EXPECT_THAT(finding(check_interface, with_interface({.name = "eth1", .up = false, .lro_advice = {}})),
              Says(kProblem, "ip link set eth1 up"));
  EXPECT_THAT(finding(check_interface, with_interface({.name = "eth1", .carrier = false, .lro_advice = {}})),
              Says(kProblem, "no link"));
}

TEST(DoctorInterface, OfARunningExporter) {
  Facts facts = with_interface({.name = "eth1", .promiscuous = false, .lro_advice = {}});
  facts.exporter = json(R"({"interfaces":[{"name":"eth1","last_error":""}]})");
  EXPECT_THAT(finding(check_interface, facts), Says(kNote, "not promiscuous"));
  facts.interfaces[0].promiscuous = true;
  EXPECT_THAT(finding(check_interface, facts), Says(kOk, "up"));
  facts.exporter = json(R"({"interfaces":[{"name":"eth1","last_error":"no socket left"}]})");
  EXPECT_THAT(all_findings(check_interface, facts), testing::Contains(Says(kProblem, "no socket left")));
}

TEST(DoctorOffloads, ThoseThatDistort) {
  EXPECT_THAT(finding(check_offloads, Facts{}), Says(kSkipped, "-i INTERFACE"));
  EXPECT_THAT(finding(check_offloads, with_interface({.name = "eth1", .lro_advice = ""})), Says(kOk, "no offload"));
  EXPECT_THAT(finding(check_offloads, with_interface({.name = "eth1", .lro_advice = "ethtool -K eth1 lro off"})),
              Says(kWarning, "ethtool -K eth1 lro off"));
  EXPECT_THAT(finding(check_offloads, with_interface({.name = "eth1", .lro_advice = fail("why not")})),
              Says(kSkipped, "why not"));
  Facts facts = with_exporter(R"({"interfaces":[{"name":"e","offloads":"gro","advice":"ethtool -K e gro off"}]})");
  facts.interfaces = {{.name = "e", .lro_advice = ""}};
  EXPECT_THAT(finding(check_offloads, facts), Says(kWarning, "ethtool -K e gro off"));
}

TEST(DoctorRingDrops, AreAProblemFromOneInAHundredOn) {
  const auto drops = [](const std::string& count) {
    return finding(
        check_ring_drops,
        with_exporter(R"({"interfaces":[{"name":"e","packets":{"in":10000,"dropped":{"ring_full":)" + count + "}}}]}"));
  };
  EXPECT_THAT(drops("0"), Says(kOk, "nothing"));
  EXPECT_THAT(drops("99"), Says(kWarning, "ring_full 99"));
  EXPECT_THAT(drops("100"), Says(kProblem, "--ring-blocks"));
  EXPECT_THAT(finding(check_ring_drops, Facts{}), Says(kSkipped, "no exporter"));
}

TEST(DoctorFlowTable, WasItEverFull) {
  EXPECT_THAT(
      finding(check_flow_table, with_exporter(R"({"metering":{"emergencies":0,"max_flows":10,"flows_active":3}})")),
      Says(kOk, "3 flows of 10"));
  EXPECT_THAT(finding(check_flow_table, with_exporter(R"({"metering":{"emergencies":2,"max_flows":10}})")),
              Says(kWarning, "--max-flows 40"));
  EXPECT_THAT(finding(check_flow_table, Facts{}), Says(kSkipped, "no exporter"));
}

}  // namespace
}  // namespace weir::test
