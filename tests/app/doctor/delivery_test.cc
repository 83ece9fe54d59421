#include "tests/app/doctor/rig.h"

namespace weir::test {
namespace {

constexpr std::uint64_t kDay = 24 * 3600;

TEST(DoctorGeoip, AgeAndTrouble) {
  const auto database = [](std::uint64_t days, const std::string& error = "") {
    Facts facts;
    facts.now_ns = 1'000 * kDay * 1'000'000'000;
    facts.databases = {{"/x/City.mmdb", "GeoLite2-City", (1'000 - days) * kDay, error}};
    return finding(check_geoip, facts);
  };
  EXPECT_THAT(database(30), Says(kOk, "/x/City.mmdb (GeoLite2-City) is 30 days old"));
  EXPECT_THAT(database(31), Says(kNote, "geoipupdate"));
  EXPECT_THAT(database(90), Says(kNote, "90 days"));
  EXPECT_THAT(database(91), Says(kWarning, "91 days"));
  EXPECT_THAT(database(1, "City.mmdb is damaged"), Says(kProblem, "City.mmdb is damaged"));
  EXPECT_THAT(finding(check_geoip, Facts{}), Says(kSkipped, "--geoip-city"));
}

Diagnosis sink(CheckFunction check, const std::string& members) {
  return finding(check, with_collector(R"({"sinks":[{"sink":"file:x",)" + members + "}]}"));
}

TEST(DoctorOutputs, TroubleAndLoss) {
  EXPECT_THAT(sink(check_outputs, R"("last_error":"","flows":{"in":5,"held":5,"dropped":{"queue_full":0}})"),
              Says(kOk, "every output"));
  EXPECT_THAT(sink(check_outputs, R"("last_error":"disk full","flows":{"held":7})"), Says(kProblem, "disk full"));
  EXPECT_THAT(sink(check_outputs, R"("last_error":"disk full","flows":{"held":7})"), Says(kProblem, "7 flows wait"));
  const auto lost = [](const std::string& reason) {
    return sink(check_outputs, R"("flows":{"in":100,"dropped":{")" + reason + R"(":5}})");
  };
  EXPECT_THAT(lost("queue_full"), Says(kWarning, "lost 5.0 % of its flows (queue_full 5)"));
  EXPECT_THAT(lost("write_error"), Says(kWarning, "df -h"));
  EXPECT_THAT(lost("rejected"), Says(kWarning, "dead-letter"));
  EXPECT_THAT(lost("unreachable"), Says(kWarning, "?spool=on-failure"));
  EXPECT_THAT(lost("spool_full"), Says(kWarning, "?spool-max"));
  EXPECT_THAT(lost("not_representable"), Says(kWarning, "?protocol=ipfix"));
  EXPECT_THAT(finding(check_outputs, Facts{}), Says(kSkipped, "no collector"));
  EXPECT_THAT(finding(check_outputs, with_exporter(R"({"sinks":[{"sink":"x","last_error":"gone"}]})")),
              Says(kProblem, "gone"));
}

TEST(DoctorOutputs, Relays) {
  EXPECT_THAT(finding(check_outputs,
                      with_collector(R"({"relays":[{"relay":"udp://x","datagrams":{"dropped":{"socket_full":1}}}]})")),
              Says(kWarning, "socket_full 1"));
}

TEST(DoctorSpool, FillsAndDeadLetters) {
  EXPECT_THAT(sink(check_spool, R"("delivery":{"spooled_flows":0})"), Says(kOk, "no flow waits"));
  EXPECT_THAT(sink(check_spool, R"("last_error":"")"), Says(kOk, "no flow waits")) << "an output without a spool";
  EXPECT_THAT(sink(check_spool, R"("delivery":{"spooled_flows":9,"spooled_bytes":800000000})"), Says(kNote, "9 flows"));
  EXPECT_THAT(sink(check_spool, R"("delivery":{"spooled_flows":9,"spooled_bytes":800000001})"),
              Says(kWarning, "?spool-max"));
  EXPECT_THAT(sink(check_spool, R"("delivery":{"dead_letters":3})"), Says(kWarning, "refused 3 flows"));
  EXPECT_THAT(sink(check_spool, R"("delivery":{"recovered":{"dropped":{"damaged":2}}})"), Says(kWarning, "damaged 2"));
  EXPECT_THAT(finding(check_spool, Facts{}), Says(kSkipped, "no collector"));
}

TEST(DoctorLedger, AnImbalanceIsAFault) {
  EXPECT_THAT(finding(check_ledger, with_collector(R"({"imbalances":[]})")), Says(kOk, "balances"));
  EXPECT_THAT(finding(check_ledger, with_collector(R"({"daemon":"collector","imbalances":["flows: 3 is not 4"]})")),
              Says(kProblem, "3 is not 4"));
  EXPECT_THAT(finding(check_ledger, with_exporter(R"({"daemon":"exporter","imbalances":["a"]})")),
              Says(kProblem, "report it"));
  EXPECT_THAT(finding(check_ledger, Facts{}), Says(kSkipped, "no collector"));
}

Diagnosis disk(std::uint64_t free_mib, std::uint64_t size_mib, std::uint64_t mib_per_day = 0) {
  Facts facts;
  facts.disks = {{.path = "/s",
                  .purpose = "store",
                  .free_bytes = free_mib << 20,
                  .size_bytes = size_mib << 20,
                  .bytes_per_day = mib_per_day << 20,
                  .trouble = {}}};
  return finding(check_disk, facts);
}

TEST(DoctorDisk, RoomAndRate) {
  EXPECT_THAT(disk(255, 1000), Says(kProblem, "only 255.0 MiB"));
  EXPECT_THAT(disk(256, 1000), Says(kOk, "256.0 MiB of 1000.0 MiB free for the store /s"));
  EXPECT_THAT(disk(9'999, 400'000), Says(kWarning, "only 9.8 GiB"));
  EXPECT_THAT(disk(20'000, 1'000'000), Says(kOk, "free"));
  EXPECT_THAT(disk(10'000, 20'000, 10'001), Says(kProblem, "less than a day"));
  EXPECT_THAT(disk(10'000, 20'000, 1'600), Says(kWarning, "full in 6 days"));
  EXPECT_THAT(disk(10'000, 20'000, 1'600), Says(kWarning, "max-size"));
  EXPECT_THAT(disk(10'000, 20'000, 1'000), Says(kOk, "free"));
}

TEST(DoctorDisk, InodesAndRights) {
  Facts facts;
  EXPECT_THAT(finding(check_disk, facts), Says(kSkipped, "-d DIR"));
  facts.disks = {{.path = "/s",
                  .purpose = "spool",
                  .free_bytes = 1ULL << 40,
                  .size_bytes = 1ULL << 40,
                  .free_files = 9,
                  .files = 1000,
                  .trouble = {}}};
  EXPECT_THAT(finding(check_disk, facts), Says(kProblem, "df -i"));
  facts.disks[0].free_files = 10;
  EXPECT_THAT(finding(check_disk, facts), Says(kOk, "spool /s"));
  facts.disks[0].trouble = "/s is not a directory";
  EXPECT_THAT(finding(check_disk, facts), Says(kWarning, "not a directory"));
}

TEST(DoctorStore, ManifestAndFiles) {
  Facts facts;
  EXPECT_THAT(finding(check_store, facts), Says(kSkipped, "-d DIR"));
  facts.stores = {{.dir = "/s", .segments = 4, .missing = {}, .error = {}}};
  EXPECT_THAT(finding(check_store, facts), Says(kOk, "4 segments"));
  facts.stores[0].missing = {"a", "b"};
  EXPECT_THAT(finding(check_store, facts), Says(kProblem, "weir db check -d /s"));
  facts.stores[0].error = "MANIFEST is damaged";
  EXPECT_THAT(finding(check_store, facts), Says(kProblem, "MANIFEST is damaged"));
  facts.stores[0].permitted = false;
  EXPECT_THAT(finding(check_store, facts), Says(kSkipped, "not this user's"));
}

}  // namespace
}  // namespace weir::test
