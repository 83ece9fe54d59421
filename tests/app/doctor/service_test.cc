#include "tests/app/doctor/rig.h"

namespace weir::test {
namespace {

TEST(DoctorConfig, GoodBadAndNone) {
  Facts facts;
  EXPECT_THAT(finding(check_config, facts), Says(kSkipped, "--config"));
  facts.config = ConfigFacts{"/etc/weir/weir.toml", "", true};
  EXPECT_THAT(finding(check_config, facts), Says(kOk, "/etc/weir/weir.toml is good"));
  facts.config->permitted = false;
  EXPECT_THAT(finding(check_config, facts), Says(kSkipped, "not this user's"));
  facts.config->permitted = true;
  facts.config->error = "unknown key 'x'";
  EXPECT_THAT(finding(check_config, facts), Says(kProblem, "unknown key 'x'"));
}

TEST(DoctorService, StatesOfUnits) {
  const auto unit = [](const std::string& state, std::uint64_t restarts = 0) {
    Facts facts;
    facts.units = std::vector<UnitFacts>{{"weir-collector.service", state, "exit-code", restarts}};
    return finding(check_service, facts);
  };
  EXPECT_THAT(unit("active"), Says(kOk, "active"));
  EXPECT_THAT(unit("failed"), Says(kProblem, "journalctl -u weir-collector.service"));
  EXPECT_THAT(unit("activating"), Says(kProblem, "does not come up"));
  EXPECT_THAT(unit("active", 3), Says(kWarning, "3 times"));
  EXPECT_THAT(unit("inactive"), Says(kNote, "systemctl enable --now"));
  Facts facts;
  EXPECT_THAT(finding(check_service, facts), Says(kSkipped, "systemd does not run"));
  facts.units = std::vector<UnitFacts>{};
  EXPECT_THAT(finding(check_service, facts), Says(kSkipped, "no unit"));
}

TEST(DoctorDaemons, VersionsAndState) {
  Facts facts;
  EXPECT_THAT(finding(check_daemons, facts), Says(kNote, "only the host"));
  facts.version = "1.2.3";
  facts.collector = json(R"({"version":"1.2.3","state_error":""})");
  EXPECT_THAT(all_findings(check_daemons, facts),
              testing::ElementsAre(Says(kOk, "collector is weir 1.2.3"), Says(kSkipped, "no exporter")));
  facts.exporter = json(R"({"version":"1.2.2"})");
  EXPECT_THAT(all_findings(check_daemons, facts), testing::Contains(Says(kWarning, "exporter is weir 1.2.2")));
  facts.collector = json(R"({"version":"1.2.3","state_error":"disk full"})");
  EXPECT_THAT(all_findings(check_daemons, facts), testing::Contains(Says(kWarning, "templates: disk full")));
}

}  // namespace
}  // namespace weir::test
