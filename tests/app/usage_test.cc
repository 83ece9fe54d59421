// Bad usage: one clear line that names the thing and what to do, exit code 2, nothing half-started.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/unique_fd.h"
#include "tests/support/process.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Outcome weir(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  arguments.insert(arguments.begin(), weir_binary());
  return run(std::move(arguments), std::move(environment));
}

// Exit 2, nothing on standard output, one line on standard error.
MATCHER_P(RefusedWith, words, "") {
  *result_listener << "exit " << arg.code << ", stderr: " << arg.err;
  return arg.code == 2 && arg.out.empty() && lines_of(arg.err).size() == 1 &&
         testing::ExplainMatchResult(words, arg.err, result_listener);
}

// A collector that would start, but for what the test adds.
std::vector<std::string> collect(const TempDir& dir, std::vector<std::string> more) {
  std::vector<std::string> all = {"collect",     "--listen", "udp://127.0.0.1:0", "--http",           "off",
                                  "--state-dir", "none",     "--run-dir",         dir.path().string()};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(Usage, NoCommand) { EXPECT_THAT(weir({}), RefusedWith(HasSubstr("which command?"))); }

TEST(Usage, UnknownCommandSuggestsTheNearest) {
  EXPECT_THAT(weir({"colect"}), RefusedWith(AllOf(HasSubstr("colect"), HasSubstr("did you mean 'collect'"))));
}

TEST(Usage, UnknownCommandIsToBlameForItsOptions) {
  EXPECT_THAT(weir({"colect", "--to", "stdout"}), RefusedWith(HasSubstr("'colect'; did you mean 'collect'")));
}

TEST(Usage, NoStore) {
  const TempDir dir;
  EXPECT_THAT(weir({"query", "-d", (dir / "no").string(), "sip"}),
              RefusedWith(HasSubstr("make one: weir collect --to store:" + (dir / "no").string())));
}

TEST(Usage, ClosedDirectoriesAreNotTakenForEmptyOnes) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may look into every directory";
  const TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms::none);
  EXPECT_THAT(weir({"query", "-d", dir.path().string(), "sip"}), RefusedWith(HasSubstr("no permission")));
  EXPECT_THAT(weir({"status", "--run-dir", dir.path().string()}), RefusedWith(HasSubstr("no permission")));
  std::filesystem::permissions(dir.path(), std::filesystem::perms::owner_all);
}

TEST(Usage, UnknownOptionSuggestsTheNearest) {
  EXPECT_THAT(weir({"collect", "--lisen", "udp://127.0.0.1:0"}),
              RefusedWith(AllOf(HasSubstr("--lisen"), HasSubstr("did you mean '--listen'"))));
}

TEST(Usage, UnknownSinkScheme) {
  const TempDir dir;
  EXPECT_THAT(weir(collect(dir, {"--to", "fil:/tmp/x"})), RefusedWith(AllOf(HasSubstr("fil"), HasSubstr("file"))));
}

TEST(Usage, UnknownSinkOption) {
  const TempDir dir;
  EXPECT_THAT(weir(collect(dir, {"--to", "file:" + (dir / "x").string() + "?rotate-sise=1GB"})),
              RefusedWith(AllOf(HasSubstr("rotate-sise"), HasSubstr("rotate-size"))));
}

TEST(Usage, PathWithoutScheme) {
  const TempDir dir;
  EXPECT_THAT(weir(collect(dir, {"--to", "flows.json"})), RefusedWith(HasSubstr("file:flows.json")));
}

TEST(Usage, FailedStartLeavesNoOutputFile) {
  const TempDir dir;
  const std::string fresh = (dir / "fresh.json").string();
  const std::string old = (dir / "old.json").string();
  std::ofstream(old).close();
  EXPECT_THAT(weir(collect(dir, {"--to", "file:" + fresh, "--to", "file:" + old, "--to", "stdout?format=xml"})),
              RefusedWith(HasSubstr("xml")));
  EXPECT_FALSE(std::filesystem::exists(fresh));
  EXPECT_TRUE(std::filesystem::exists(old)) << "it was there before";
  EXPECT_FALSE(std::filesystem::exists(dir / "collector.sock"));
}

TEST(Usage, DirectoryAsFile) {
  const TempDir dir;
  EXPECT_THAT(weir(collect(dir, {"--to", "file:" + dir.path().string()})),
              RefusedWith(AllOf(HasSubstr(dir.path().string()), HasSubstr("directory"))));
}

TEST(Usage, MissingDirectoryOfOutput) {
  const TempDir dir;
  EXPECT_THAT(weir(collect(dir, {"--to", "file:" + (dir / "none/flows.json").string()})),
              RefusedWith(HasSubstr((dir / "none").string())));
}

// A port on loopback that another program holds: this test.
class TakenPort {
 public:
  explicit TakenPort(int type) : fd_(::socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(::listen(fd_.get(), 1), 0);
    }
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    number_ = std::to_string(ntohs(address.sin_port));
  }
  const std::string& number() const { return number_; }

 private:
  UniqueFd fd_;
  std::string number_;
};

TEST(Usage, PortInUse) {
  const TempDir dir;
  const TakenPort port(SOCK_DGRAM);
  EXPECT_THAT(weir({"collect", "--listen", "udp://127.0.0.1:" + port.number(), "--http", "off", "--state-dir", "none",
                    "--run-dir", dir.path().string()}),
              RefusedWith(AllOf(HasSubstr(port.number()), HasSubstr("in use"), HasSubstr("--listen"))));
}

TEST(Usage, HttpPortInUse) {
  const TempDir dir;
  const TakenPort port(SOCK_STREAM);
  EXPECT_THAT(weir({"collect", "--listen", "udp://127.0.0.1:0", "--http", "127.0.0.1:" + port.number(), "--state-dir",
                    "none", "--run-dir", dir.path().string()}),
              RefusedWith(AllOf(HasSubstr(port.number()), HasSubstr("in use"), HasSubstr("--http"))));
}

TEST(Usage, MisspeltConfigKey) {
  const TempDir dir;
  std::ofstream(dir / "weir.toml") << "[collect]\nlisten = [\"udp://127.0.0.1:0\"]\nstat-dir = \"/tmp\"\n";
  EXPECT_THAT(weir({"collect", "--config", (dir / "weir.toml").string()}),
              RefusedWith(AllOf(HasSubstr("weir.toml"), HasSubstr("stat-dir"), HasSubstr("collect.state-dir"))));
}

TEST(Usage, MisspeltConfigSection) {
  const TempDir dir;
  std::ofstream(dir / "weir.toml") << "[colect]\nlisten = [\"udp://127.0.0.1:0\"]\n";
  EXPECT_THAT(weir({"collect", "--config", (dir / "weir.toml").string()}),
              RefusedWith(AllOf(HasSubstr("[colect]"), HasSubstr("did you mean 'collect'"))));
}

TEST(Usage, ConfigListBegunOnALineOfItsOwn) {
  const TempDir dir;
  std::ofstream(dir / "weir.toml") << "[collect]\nto = [\n  \"file:x.json\"\n]\n";
  EXPECT_THAT(weir({"collect", "--config", (dir / "weir.toml").string()}), RefusedWith(HasSubstr("first element")));
}

TEST(Usage, ConfigKeyOutsideItsSection) {
  const TempDir dir;
  std::ofstream(dir / "weir.toml") << "listen = [\"udp://127.0.0.1:0\"]\n";
  EXPECT_THAT(weir({"collect", "--config", (dir / "weir.toml").string()}),
              RefusedWith(AllOf(HasSubstr("'listen'"), HasSubstr("[collect]"))));
}

TEST(Usage, ConfigFileThatIsNone) {
  EXPECT_THAT(weir({"collect", "--config", "/no/such/weir.toml"}),
              RefusedWith(HasSubstr("/no/such/weir.toml does not exist")));
  EXPECT_THAT(weir({"collect", "--config", "/tmp"}), RefusedWith(HasSubstr("/tmp cannot be read")));
  EXPECT_THAT(weir({"collect", "--config"}), RefusedWith(HasSubstr("--config needs a value")));
}

// The message names the option, the value, and what would do.
TEST(Usage, ValuesOutOfRange) {
  EXPECT_THAT(weir({"collect", "--workers", "-1"}),
              RefusedWith(HasSubstr("--workers: '-1' must be a whole number from 0 to 256")));
  EXPECT_THAT(weir({"collect", "--receive-buffer", "0"}), RefusedWith(HasSubstr("4KiB or more")));
  EXPECT_THAT(weir({"decode", "--port", "65536", "x"}), RefusedWith(HasSubstr("from 1 to 65535")));
  EXPECT_THAT(weir({"generate", "--flows", "-5"}), RefusedWith(HasSubstr("--flows: '-5'")));
  EXPECT_THAT(weir({"generate", "--rate", "-1"}), RefusedWith(HasSubstr("--rate: '-1' must be a number, 0 or more")));
  EXPECT_THAT(weir({"generate", "--rate", "inf"}), RefusedWith(HasSubstr("--rate: 'inf'")));
  EXPECT_THAT(weir({"generate", "--ipv6-share", "nan"}), RefusedWith(HasSubstr("from 0 to 1")));
  EXPECT_THAT(weir({"generate", "--protocol", "7"}), RefusedWith(HasSubstr("one of 5, 9, ipfix")));
}

TEST(Usage, EmptyAndMissingValues) {
  EXPECT_THAT(weir({"collect", "--listen", ""}), RefusedWith(HasSubstr("--listen: the value is empty")));
  EXPECT_THAT(weir({"collect", "--http", ""}), RefusedWith(HasSubstr("--http: the value is empty")));
  EXPECT_THAT(weir({"collect", "--to"}), RefusedWith(HasSubstr("--to needs a value")));
  EXPECT_THAT(weir({"collect", "--http", "off", "--http", "off"}), RefusedWith(HasSubstr("given more than once")));
}

TEST(Usage, JsonAndTemplatesExclude) {
  EXPECT_THAT(weir({"status", "--json", "--templates"}), RefusedWith(HasSubstr("excludes")));
}

TEST(Usage, BadListenAddress) {
  const TempDir dir;
  EXPECT_THAT(weir({"collect", "--listen", "udp://127.0.0.1:99999", "--http", "off", "--state-dir", "none", "--run-dir",
                    dir.path().string()}),
              RefusedWith(HasSubstr("99999")));
}

TEST(Usage, BadAllowPrefix) {
  const TempDir dir;
  EXPECT_THAT(weir(collect(dir, {"--allow", "10.0.0.0/33"})), RefusedWith(HasSubstr("10.0.0.0/33")));
}

TEST(Usage, BadTrustedPrefix) {
  const TempDir dir;
  EXPECT_THAT(weir(collect(dir, {"--trust-exporter-address", "10.0.0.0/33"})),
              RefusedWith(HasSubstr("--trust-exporter-address 10.0.0.0/33")));
}

TEST(Usage, UnreadableInputFile) {
  EXPECT_THAT(weir({"decode", "/no/such/capture.pcap"}), RefusedWith(HasSubstr("/no/such/capture.pcap")));
}

TEST(Usage, DirectoryAsInputFile) {
  const TempDir dir;
  EXPECT_THAT(weir({"decode", dir.path().string()}), RefusedWith(HasSubstr("directory")));
}

TEST(Usage, BadFormat) {
  EXPECT_THAT(weir({"decode", "--format", "xml", "x"}), RefusedWith(AllOf(HasSubstr("xml"), HasSubstr("json"))));
}

TEST(Usage, StatusWithoutACollector) {
  const TempDir dir;
  const Outcome outcome = weir({"status", "--run-dir", dir.path().string()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("neither a collector"), HasSubstr("weir collect"), HasSubstr("weir export")));
}

TEST(Usage, BadGenerateTarget) {
  EXPECT_THAT(weir({"generate", "--to", "udp://127.0.0.1:99999", "--flows", "1"}), RefusedWith(HasSubstr("99999")));
}

TEST(Usage, EnvironmentNamesOptions) {
  const TempDir dir;
  EXPECT_THAT(weir({"collect", "--http", "off", "--state-dir", "none", "--run-dir", dir.path().string()},
                   {"WEIR_LISTEN=udp://127.0.0.1:99999"}),
              RefusedWith(HasSubstr("99999")));
}

TEST(Usage, EnvironmentOfOtherCommandsDoesNotMatter) {
  EXPECT_EQ(weir({"generate", "--flows", "1", "--to", "127.0.0.1:9"}, {"WEIR_PORT=none", "WEIR_WORKERS=none"}).code, 0);
}

TEST(Usage, OpenObserveSetupTellsUsageFromTrouble) {
  const std::vector<std::string> setup{"openobserve", "setup"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), setup.begin(), setup.end());
    return weir(more);
  };
  EXPECT_THAT(with({"--org", "a/b"}), RefusedWith(HasSubstr("--org")));
  const Outcome trouble = with({"--url", "http://127.0.0.1:1"});
  EXPECT_EQ(trouble.code, 1);
  EXPECT_THAT(trouble.err, HasSubstr("is OpenObserve running there?"));
  const Outcome dry = with({"--url", "http://127.0.0.1:1", "--stream", "edge", "--dry-run"});
  EXPECT_EQ(dry.code, 0);
  EXPECT_THAT(dry.out,
              AllOf(HasSubstr("POST http://127.0.0.1:1/api/default/dashboards"), HasSubstr("weir edge: activity")));
}

TEST(Usage, HelpShowsExamplesAndDefaults) {
  for (const char* command :
       {"collect", "decode", "generate", "status", "query", "list", "openobserve", "completion"}) {
    const Outcome outcome = weir({command, "--help"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("Examples:")) << command;
    EXPECT_THAT(outcome.out, HasSubstr(std::string("weir ") + command)) << command;
  }
  EXPECT_THAT(weir({"collect", "--help"}).out, HasSubstr("udp://[::]:2055"));
  EXPECT_THAT(weir({"--version"}).out, HasSubstr("weir 0."));
}

}  // namespace
}  // namespace weir::test
