// docs/doctor.md has a section for every check, in their order, and for nothing else.
#include <set>

#include "tests/app/doctor/rig.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

std::vector<std::string> sections() {
  std::vector<std::string> names;
  for (const std::string& line : lines_of(slurp(std::filesystem::path(WEIR_SOURCE_DIR) / "docs/doctor.md"))) {
    if (line.starts_with("### ")) names.push_back(line.substr(4));
  }
  return names;
}

TEST(DoctorDocs, ASectionForEveryCheck) {
  std::vector<std::string> names;
  for (const Check& check : doctor_checks()) names.emplace_back(check.name);
  EXPECT_EQ(sections(), names);
}

TEST(DoctorDocs, EveryCheckFindsSomethingUnderItsName) {
  const Diagnoses findings = examine(Facts{});
  std::set<std::string_view> found;
  for (const Diagnosis& one : findings.all()) {
    found.insert(one.check);
    EXPECT_NE(one.what, "") << one.check;
  }
  EXPECT_EQ(found.size(), doctor_checks().size());
}

}  // namespace
}  // namespace weir::test
