#include "web/exporter_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/web/sample_status.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kNow = 1'700'000'000'000'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

ExporterStats well() {
  ExporterStats exporter;
  exporter.last_seen_ns = kNow - kSecond;
  exporter.flows = 100'000;
  exporter.messages = 5'000;
  exporter.sets.in = exporter.sets.out = 10'000;
  exporter.sequence_unit = "records";
  return exporter;
}

TEST(ExporterHealthTest, OkHasNoReasons) {
  const auto health = exporter_health(well(), kNow);
  EXPECT_EQ(health.health, Health::kOk);
  EXPECT_THAT(health.reasons, IsEmpty());
}

TEST(ExporterHealthTest, SilenceBeginsAfterFiveMinutes) {
  ExporterStats exporter = well();
  exporter.last_seen_ns = kNow - 300 * kSecond + 1;
  EXPECT_EQ(exporter_health(exporter, kNow).health, Health::kOk);
  exporter.last_seen_ns = kNow - 720 * kSecond;
  const auto health = exporter_health(exporter, kNow);
  EXPECT_EQ(health.health, Health::kSilent);
  EXPECT_THAT(health.reasons, ElementsAre(HasSubstr("12 minutes")));
  exporter.last_seen_ns = kNow + kSecond;  // the clock was set back
  EXPECT_EQ(exporter_health(exporter, kNow).health, Health::kOk);
}

TEST(ExporterHealthTest, LossCountsFromOneInAThousand) {
  ExporterStats exporter = well();
  exporter.sequence.lost = 99;
  EXPECT_EQ(exporter_health(exporter, kNow).health, Health::kOk);
  exporter.sequence.lost = 100;
  const auto health = exporter_health(exporter, kNow);
  EXPECT_EQ(health.health, Health::kLoss);
  EXPECT_THAT(health.reasons, ElementsAre(AllOf(HasSubstr("100 records lost"), HasSubstr("100000 that came"))));
  exporter.sequence.lost = 5;
  exporter.sequence_unit = "datagrams";
  EXPECT_THAT(exporter_health(exporter, kNow).reasons, ElementsAre(HasSubstr("5 datagrams lost")));
}

TEST(ExporterHealthTest, TemplatesAndMalformedSets) {
  ExporterStats exporter = well();
  exporter.sets.held = 3;
  EXPECT_EQ(exporter_health(exporter, kNow).health, Health::kWaiting);
  exporter.sets.drop(SetDrop::kNoTemplate, 10);
  EXPECT_THAT(exporter_health(exporter, kNow).reasons,
              ElementsAre(HasSubstr("3 sets wait"), HasSubstr("10 sets were dropped")));
  exporter.sets.drop(SetDrop::kMalformed, 10);
  const auto health = exporter_health(exporter, kNow);
  EXPECT_EQ(health.health, Health::kMalformed) << "the worst";
  EXPECT_EQ(health.reasons.size(), 3U) << "all of it";
}

TEST(ExporterHealthTest, JsonHasTheLedger) {
  const std::string json = exporters_json(sample_status());
  EXPECT_THAT(json, HasSubstr(R"("exporter":"192.0.2.1")"));
  EXPECT_THAT(json, HasSubstr(R"("health":"malformed")"));
  EXPECT_THAT(json, HasSubstr(R"("flows":300)"));
  EXPECT_THAT(json, HasSubstr(R"("sequence_lost":20)"));
  EXPECT_THAT(json, HasSubstr(R"("last_seen":"2023-11-14T22:14:45)"));
}

}  // namespace
}  // namespace weir
