// What is made from the options' definitions, and the configuration file as it is shipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::filesystem::path kSource = WEIR_SOURCE_DIR;

Outcome reference(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(WEIR_BINARY_DIR) + "/weir_reference");
  return run(arguments);
}

std::string sample() { return slurp(kSource / "deploy/weir.toml"); }

// Keys behind a sign without a blank are examples to be used.
std::string with_all_keys(const std::string& text) {
  return std::regex_replace(text, std::regex("(^|\n)#([a-z])"), "$1$2");
}

class Reference : public testing::Test {
 protected:
  Outcome check_config(const std::string& text) {
    std::ofstream(dir_ / "weir.toml") << text;
    return reference({"check-config", (dir_ / "weir.toml").string()});
  }

  std::vector<std::string> pages() {
    const Outcome outcome =
        reference({"man", dir_.path().string(), "2026-01-02", (kSource / "deploy/weir.toml").string()});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (entry.is_regular_file()) paths.push_back(entry.path().string());
    }
    return paths;
  }

  TempDir dir_;
};

TEST_F(Reference, TheShippedConfigurationIsAccepted) {
  const Outcome outcome = check_config(sample());
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(Reference, SoIsEveryKeyThatItShowsCommentedOut) {
  const std::string all = with_all_keys(sample());
  ASSERT_NE(all, sample());
  const Outcome outcome = check_config(all);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
}

TEST_F(Reference, WrongConfigurationsAreNot) {
  for (const char* wrong : {"[collect]\nworkers = 999\n", "[collect]\nlisten-on = \"x\"\n", "[colect]\nworkers = 1\n",
                            "[db.check]\nrepare = true\n", "workers = 1\n"}) {
    EXPECT_EQ(check_config(wrong).code, 1) << wrong;
  }
  EXPECT_EQ(check_config("[db.check]\nrepair = true\n").code, 0);
}

TEST_F(Reference, TheCommittedPageIsCurrent) {
  const Outcome outcome = reference({"check-page", (kSource / "docs/configuration.md").string()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  std::ofstream(dir_ / "old.md") << slurp(kSource / "docs/configuration.md") << "| `--gone` |\n";
  const Outcome old = reference({"check-page", (dir_ / "old.md").string()});
  EXPECT_EQ(old.code, 1);
  EXPECT_THAT(old.err, HasSubstr("--target configuration_page"));
}

TEST_F(Reference, ThePageHasKeyVariableAndDefault) {
  EXPECT_THAT(
      reference({"page"}).out,
      HasSubstr("| `--receive-buffer SIZE` | `receive-buffer` | `WEIR_RECEIVE_BUFFER` | `32MiB` | Kernel buffer"));
}

// Every command that --help names, at both levels, has a page of its own.
TEST_F(Reference, EveryCommandHasAManualPage) {
  pages();
  EXPECT_TRUE(std::filesystem::exists(dir_ / "man5/weir.toml.5"));
  for (const std::string page : {"weir", "weir-collect", "weir-export", "weir-db", "weir-db-check", "weir-query"}) {
    EXPECT_TRUE(std::filesystem::exists(dir_ / ("man1/" + page + ".1"))) << page;
  }
  const std::string collect = slurp(dir_ / "man1/weir-collect.1");
  EXPECT_THAT(collect, AllOf(StartsWith(".\\\""), HasSubstr(".TH WEIR\\-COLLECT 1 2026-01-02"),
                             HasSubstr("\\fB\\-\\-listen\\fR \\fIURL\\fR"), HasSubstr(".SH EXAMPLES\n.nf\n"),
                             HasSubstr("Environment: WEIR_LISTEN.")));
  EXPECT_THAT(slurp(dir_ / "man5/weir.toml.5"), AllOf(HasSubstr("SECTION [db.check]"), HasSubstr("\\fBrepair\\fR")));
}

TEST_F(Reference, FormattersHaveNoComplaint) {
  const auto all = pages();
  ASSERT_GT(all.size(), 10U);
  if (!have_program("groff") && !have_program("mandoc")) GTEST_SKIP() << "neither groff nor mandoc is here";
  for (const std::string& page : all) {
    if (have_program("groff")) {
      const Outcome outcome = run({"groff", "-ww", "-man", "-Tutf8", page});
      EXPECT_EQ(outcome.code, 0);
      EXPECT_THAT(outcome.err, IsEmpty()) << page;
    }
    if (have_program("mandoc")) {
      const Outcome outcome = run({"mandoc", "-T", "lint", "-W", "warning", page});
      EXPECT_THAT(outcome.out + outcome.err, IsEmpty()) << page;
    }
  }
}

}  // namespace
}  // namespace weir::test
