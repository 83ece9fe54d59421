#include "app/doctor/report.h"

#include "tests/app/doctor/rig.h"
#include "tests/support/json.h"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::Not;

Diagnoses some() {
  Diagnoses findings;
  findings.begin("first");
  findings.ok("well enough");
  findings.note("by the way");
  findings.begin("second");
  findings.warning("not good", {"do this"});
  findings.problem("broken", {"do that", "", "or that"});
  findings.skipped("hidden");
  return findings;
}

TEST(DoctorReport, WorstFirstAndTheRestCounted) {
  EXPECT_EQ(report_text(some(), {}),
            "problem  second           broken\n"
            "                          -> do that\n"
            "                          -> or that\n"
            "warning  second           not good\n"
            "                          -> do this\n"
            "\n"
            "1 problem, 1 warning; 1 note, 1 well, 1 skipped (--verbose shows them)\n");
  EXPECT_EQ(report_text(Diagnoses{}, {}),
            "0 problems, 0 warnings; 0 notes, 0 well, 0 skipped (--verbose shows them)\n");
}

TEST(DoctorReport, VerboseHasEverything) {
  const std::string text = report_text(some(), {.verbose = true});
  for (const char* part : {"ok       first", "note     first", "skipped  second", "hidden"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, Not(HasSubstr("--verbose")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(report_text(some(), {.colour = true}), HasSubstr("\x1b[1;31mproblem "));
}

TEST(DoctorReport, ControlCharactersOfOthersReachNoTerminal) {
  Diagnoses findings;
  findings.begin("x");
  findings.problem("name \x1b[2J\r\n\x7f \xc2\x9b ü", {"cd /a\tb"});
  EXPECT_THAT(report_text(findings, {}), HasSubstr("name ?[2J??? ?? ü\n"));
  EXPECT_THAT(report_text(findings, {}), HasSubstr("-> cd /a?b\n"));
}

TEST(DoctorReport, Json) {
  const Record report = parse_record(report_json(some(), "1.2.3"));
  EXPECT_EQ(report.at("version"), "1.2.3");
  EXPECT_EQ(report.at("problems"), "1");
  EXPECT_EQ(report.at("warnings"), "1");
  EXPECT_THAT(report.at("findings"),
              HasSubstr(R"({"check":"second","result":"problem","finding":"broken","advice":["do that","or that"]})"));
}

}  // namespace
}  // namespace weir::test
