#include "tests/app/doctor/rig.h"

namespace weir::test {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// A collector at second 100,000 with one exporter.
Facts with_exporter_that(const std::string& members) {
  return with_collector(R"({"now_ns":100000000000000,"exporters":[{"exporter":"10.0.0.1","name":"core1",)" + members +
                        "}]}");
}

TEST(DoctorExporters, NothingToLookAt) {
  for (const CheckFunction check : {check_templates, check_sequence, check_silent, check_sampling, check_malformed}) {
    EXPECT_THAT(finding(check, Facts{}), Says(kSkipped, "no collector"));
    EXPECT_THAT(finding(check, with_collector(R"({"exporters":[]})")), Says(kSkipped, "no exporter has sent"));
  }
}

TEST(DoctorTemplates, MissingWhollyOrInPart) {
  const auto templates = [](const std::string& known, const std::string& held, const std::string& dropped) {
    return finding(check_templates, with_exporter_that(R"("templates":)" + known + R"(,"sets":{"held":)" + held +
                                                       R"(,"dropped":{"no_template":)" + dropped + "}}"));
  };
  EXPECT_THAT(templates("3", "0", "0"), Says(kOk, "every set"));
  EXPECT_THAT(templates("0", "4", "0"), Says(kProblem, "10.0.0.1 (core1) (4 sets)"));
  EXPECT_THAT(templates("0", "0", "5"), Says(kProblem, "template data timeout 60"));
  EXPECT_THAT(templates("3", "1", "0"), Says(kWarning, "(1 set)"));
  EXPECT_THAT(templates("3", "1", "2"), Says(kWarning, "(3 sets)"));
}

TEST(DoctorSequence, LittleAndMuchLoss) {
  const auto lost = [](const std::string& count) {
    return finding(
        check_sequence,
        with_exporter_that(R"("flows":990,"messages":99,"sequence_unit":"records","sequence_lost":)" + count));
  };
  EXPECT_THAT(lost("0"), Says(kOk, "no gap"));
  EXPECT_THAT(lost("5"), Says(kNote, "5 records"));
  EXPECT_THAT(lost("10"), Says(kWarning, "10 records, 1.0 %"));
  EXPECT_THAT(finding(check_sequence,
                      with_exporter_that(R"("flows":990,"messages":99,"sequence_unit":"datagrams","sequence_lost":5)")),
              Says(kWarning, "5 datagrams, 4.8 %"));
}

TEST(DoctorSilent, AfterFiveMinutesAndAfterADay) {
  const auto seen = [](std::uint64_t seconds_ago) {
    return finding(check_silent,
                   with_exporter_that(R"("last_seen_ns":)" + std::to_string((100'000 - seconds_ago) * kSecond)));
  };
  EXPECT_THAT(seen(299), Says(kOk, "every exporter"));
  EXPECT_THAT(seen(300), Says(kWarning, "10.0.0.1 (core1) (5 min 0 s)"));
  EXPECT_THAT(seen(86'399), Says(kWarning, "23 h"));
  EXPECT_THAT(seen(86'400), Says(kNote, "1 d"));
}

TEST(DoctorSampling, UnknownIsANote) {
  EXPECT_THAT(finding(check_sampling, with_exporter_that(R"("flows":1,"sampling_rate":100)")), Says(kOk, "tells"));
  EXPECT_THAT(finding(check_sampling, with_exporter_that(R"("flows":1,"sampling_rate":0)")), Says(kNote, "core1"));
  EXPECT_THAT(finding(check_sampling, with_exporter_that(R"("flows":0,"sampling_rate":0)")), Says(kOk, "tells"));
}

TEST(DoctorMalformed, SetsAndTemplateMemory) {
  const auto dropped = [](const std::string& members) {
    return finding(check_malformed, with_exporter_that(R"("sets":{"dropped":{)" + members + "}}"));
  };
  EXPECT_THAT(dropped(R"("malformed":0,"no_template":9)"), Says(kOk, "no exporter"));
  EXPECT_THAT(dropped(R"("malformed":1,"bad_template":2,"reserved":3)"), Says(kWarning, "(6 sets)"));
  EXPECT_THAT(dropped(R"("template_limit":1)"), Says(kWarning, "more templates"));
}

TEST(DoctorRefused, StrangeStrangersAndCrowds) {
  const auto dropped = [](const std::string& members) {
    return finding(check_refused, with_collector(R"({"messages":{"dropped":{)" + members + "}}}"));
  };
  EXPECT_THAT(dropped(R"("kernel":7)"), Says(kOk, "every message"));
  EXPECT_THAT(dropped(R"("unknown_version":2,"too_short":1)"), Says(kWarning, "3 messages were no NetFlow"));
  EXPECT_THAT(dropped(R"("not_allowed":1)"), Says(kWarning, "--allow"));
  EXPECT_THAT(dropped(R"("session_limit":1)"), Says(kWarning, "sessions"));
  EXPECT_THAT(finding(check_refused, Facts{}), Says(kSkipped, "no collector"));
}

TEST(DoctorExporters, ReportNamesAFewOfMany) {
  std::string exporters;
  for (int i = 0; i < 1000; ++i) {
    exporters += (i == 0 ? "" : ",") + std::string(R"({"exporter":"10.0.0.)") + std::to_string(i) + R"(","flows":1})";
  }
  const auto found = finding(check_sampling, with_collector(R"({"exporters":[)" + exporters + "]}"));
  EXPECT_THAT(found, Says(kNote, "10.0.0.0, 10.0.0.1, 10.0.0.2 and 997 more"));
}

TEST(DoctorClock, Synchronised) {
  Facts facts;
  EXPECT_THAT(finding(check_clock, facts), Says(kOk, "synchronised"));
  facts.clock->synchronised = false;
  EXPECT_THAT(finding(check_clock, facts), Says(kWarning, "timedatectl set-ntp true"));
  facts.clock = ClockFacts{true, 1'000'001};
  EXPECT_THAT(finding(check_clock, facts), Says(kWarning, "1000 ms"));
  facts.clock = fail("hidden");
  EXPECT_THAT(finding(check_clock, facts), Says(kSkipped, "hidden"));
}

TEST(DoctorExporterClocks, ComparedWithTheTimeOfReceipt) {
  const auto clock = [](std::int64_t ahead) {
    return finding(check_exporter_clocks,
                   with_exporter_that(R"("last_seen_ns":90000000000000,"last_export_ns":)" +
                                      std::to_string((90'000 + ahead) * static_cast<std::int64_t>(kSecond))));
  };
  EXPECT_THAT(clock(0), Says(kOk, "agree"));
  EXPECT_THAT(clock(10), Says(kOk, "agree"));
  EXPECT_THAT(clock(11), Says(kWarning, "core1) (11 s ahead)"));
  EXPECT_THAT(clock(-3600), Says(kWarning, "(1 h 0 min behind)"));
  EXPECT_THAT(clock(3601), Says(kProblem, "ntp server"));
  EXPECT_THAT(clock(-90'000), Says(kOk, "agree")) << "no export time known";
  EXPECT_THAT(finding(check_exporter_clocks, Facts{}), Says(kSkipped, "no collector"));
}

}  // namespace
}  // namespace weir::test
