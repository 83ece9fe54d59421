// The completion scripts: shells accept them, and bash completes what the user has typed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::StartsWith;

class Completion : public testing::Test {
 protected:
  std::string script(const std::string& shell) {
    const Outcome outcome = run({weir_binary(), "completion", shell});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::ofstream(dir_ / shell) << outcome.out;
    return (dir_ / shell).string();
  }

  // What bash offers for the last of `words`.
  std::vector<std::string> offered(const std::string& words) {
    const Outcome outcome = run({"bash", "-c",
                                 "source " + script("bash") + "; COMP_WORDS=(" + words +
                                     "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _weir; "
                                     "if ((${#COMPREPLY[@]})); then printf '%s\\n' \"${COMPREPLY[@]}\"; fi"});
    EXPECT_EQ(outcome.err, "");
    return lines_of(outcome.out);
  }

  TempDir dir_;
};

TEST_F(Completion, ShellsAcceptTheirScripts) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string file = script(shell);
    EXPECT_NE(slurp(file), "");
    if (have_program(shell)) {
      const Outcome outcome = run({shell, "-n", file});
      EXPECT_EQ(outcome.code, 0) << outcome.err;
    }
  }
}

TEST_F(Completion, BashCompletesColumnsBehindCommas) {
  const auto words = offered("weir query -i any sip,d");
  EXPECT_THAT(words, IsSupersetOf({"sip,dip", "sip,dport", "sip,dst_as", "sip,duration"}));
  EXPECT_THAT(words, Each(StartsWith("sip,d")));
  EXPECT_THAT(offered("goquery talk"), ElementsAre("talk_conv", "talk_dst", "talk_src"));
  EXPECT_THAT(offered("weir query time,sip,apps"), ElementsAre("time,sip,apps_port"));
}

TEST_F(Completion, BashCompletesCommandsAndOptions) {
  EXPECT_THAT(offered("weir que"), ElementsAre("query"));
  EXPECT_THAT(offered("weir --conf"), ElementsAre("--config"));
  EXPECT_THAT(offered("weir query --lim"), ElementsAre("--limit"));
  EXPECT_THAT(offered("weir list --f"), ElementsAre("--format"));
  EXPECT_THAT(offered("weir completion z"), ElementsAre("zsh"));
  EXPECT_THAT(offered("weir collect --to " + dir_.path().string().substr(0, 4)), Contains("/tmp"));
}

TEST_F(Completion, OtherShellsAreRefused) { EXPECT_EQ(run({weir_binary(), "completion", "tcsh"}).code, 2); }

}  // namespace
}  // namespace weir::test
