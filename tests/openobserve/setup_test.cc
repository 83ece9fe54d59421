#include "openobserve/setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "openobserve/assets.h"
#include "tests/openobserve/open_observe_server.h"
#include "tests/support/json.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class SetupTest : public testing::Test {
 protected:
  SetupTest() {
    ::unsetenv("WEIR_HTTP_AUTHORIZATION");
    std::ofstream(directory_ / "password") << "Complexpass#123\n";
    setup_.url = server_.url();
    setup_.user = "root@example.com";
    setup_.password_file = directory_ / "password";
    setup_.notify = "https://hooks.example.com/T0?a=b&c=d";
  }

  // The lines that it said; an error is the last.
  std::vector<std::string> run() {
    std::vector<std::string> lines;
    const auto done = set_up_openobserve(setup_, [&](const std::string& line) { lines.push_back(line); });
    if (!done) lines.push_back("error: " + done.error().message);
    return lines;
  }

  test::TempDir directory_;
  test::OpenObserveServer server_;
  OpenObserveSetup setup_;
};

TEST_F(SetupTest, MakesEverything) {
  const auto lines = run();
  EXPECT_THAT(lines, AllOf(SizeIs(openobserve_assets().size()), Each(HasSubstr("created"))));
  EXPECT_THAT(server_.names("dashboards"), SizeIs(7));
  EXPECT_THAT(server_.names("alerts"), SizeIs(5));
  EXPECT_THAT(server_.names("templates"), testing::ElementsAre("weir"));
  const auto destination = test::parse_record(server_.body("destinations", "weir"));
  EXPECT_EQ(destination.at("url"), setup_.notify);
  EXPECT_EQ(destination.at("template"), "weir");
  for (const Asset& asset : openobserve_assets()) {
    if (asset.kind != AssetKind::kDashboard) continue;
    const std::string title = test::parse_record(std::string(asset.text)).at("title");
    EXPECT_EQ(server_.body("dashboards", title), asset.text);
  }
}

TEST_F(SetupTest, AgainItChangesNothing) {
  run();
  const auto changes = server_.changes();
  EXPECT_THAT(run(), AllOf(SizeIs(openobserve_assets().size()), Each(HasSubstr("is there already"))));
  EXPECT_EQ(server_.changes(), changes);
}

TEST_F(SetupTest, ReplacesWhenAsked) {
  run();
  const auto before = server_.changes().size();
  setup_.replace = true;
  setup_.notify = "http://other.example.com/";
  EXPECT_THAT(run(), AllOf(SizeIs(openobserve_assets().size()), Each(HasSubstr("replaced"))));
  const auto changes = server_.changes();
  EXPECT_TRUE(std::all_of(changes.begin() + static_cast<std::ptrdiff_t>(before), changes.end(),
                          [](const std::string& one) { return one.starts_with("PUT "); }));
  EXPECT_THAT(server_.names("dashboards"), SizeIs(7)) << "none twice";
  EXPECT_EQ(test::parse_record(server_.body("destinations", "weir")).at("url"), setup_.notify);
  EXPECT_THAT(run(), Each(HasSubstr("replaced"))) << "by the hash of then";
}

TEST_F(SetupTest, TakesOrganizationAndStreamFromTheUrlOfFlows) {
  server_.set_stream("edge");
  setup_.url += "/api/default/edge/_json?gzip=true";
  EXPECT_THAT(run(), Each(HasSubstr("created")));
  for (const std::string& name : server_.names("dashboards")) {
    EXPECT_THAT(name, HasSubstr("weir edge: "));
    EXPECT_THAT(server_.body("dashboards", name), AllOf(Not(HasSubstr("netflow1")), HasSubstr("FROM \\\"edge\\\"")));
  }
  EXPECT_FALSE(server_.body("alerts", "weir_edge_port_scan").empty());
  setup_.stream = "netflow1";
  server_.set_stream("netflow1");
  run();
  EXPECT_THAT(server_.names("dashboards"), SizeIs(14)) << "two streams beside each other";
  EXPECT_THAT(server_.names("alerts"), SizeIs(10));
}

TEST_F(SetupTest, WithoutNotifyThereAreDashboardsAlone) {
  setup_.notify.clear();
  EXPECT_THAT(run().back(), HasSubstr("no alerts: --notify"));
  EXPECT_THAT(server_.names("dashboards"), SizeIs(7));
  EXPECT_THAT(server_.names("alerts"), IsEmpty());
  EXPECT_THAT(server_.names("destinations"), IsEmpty());
}

TEST_F(SetupTest, TakesTheHeaderOfTheEnvironment) {
  setup_.user.clear();
  setup_.password_file.clear();
  ::setenv("WEIR_HTTP_AUTHORIZATION", test::OpenObserveServer::kAuthorization, 1);
  EXPECT_THAT(run(), Each(HasSubstr("created")));
  ::setenv("WEIR_HTTP_AUTHORIZATION", "Basic d3Jvbmc6d3Jvbmc=", 1);
  EXPECT_THAT(run(), testing::ElementsAre(HasSubstr("401")));
  setup_.user = "root@example.com";
  setup_.password_file = directory_ / "password";
  EXPECT_THAT(run(), Each(HasSubstr("is there already"))) << "a user that is given counts";
  ::unsetenv("WEIR_HTTP_AUTHORIZATION");
}

TEST_F(SetupTest, WrongPasswordIsSaid) {
  std::ofstream(directory_ / "password") << "wrong\n";
  EXPECT_THAT(run(), testing::ElementsAre(AllOf(HasSubstr("refuses the user and password"),
                                                HasSubstr("--password-file"), Not(HasSubstr("wrong")))));
  EXPECT_THAT(server_.changes(), IsEmpty());
}

TEST_F(SetupTest, UnknownOrganizationIsSaid) {
  setup_.org = "nobody";
  EXPECT_THAT(run(), testing::ElementsAre(AllOf(HasSubstr("no organization 'nobody'"), HasSubstr("default, other"))));
  EXPECT_THAT(server_.changes(), IsEmpty());
}

TEST_F(SetupTest, AlertsOnAStreamWithoutFlowsAreSaid) {
  server_.set_stream("another");
  const auto lines = run();
  EXPECT_THAT(lines.back(), AllOf(HasSubstr("alert 'weir_netflow1_"), HasSubstr("Stream netflow1 not found"),
                                  HasSubstr("send flows first")));
  EXPECT_THAT(server_.names("dashboards"), SizeIs(7));
  server_.set_stream("netflow1");
  EXPECT_THAT(run().back(), HasSubstr("created")) << "it goes on where it stopped";
  EXPECT_THAT(server_.names("alerts"), SizeIs(5));
}

TEST_F(SetupTest, NoServerIsSaid) {
  setup_.url = "http://127.0.0.1:1";
  EXPECT_THAT(run(), testing::ElementsAre(AllOf(HasSubstr("no answer from http://127.0.0.1:1/"),
                                                HasSubstr("is OpenObserve running there?"))));
}

TEST_F(SetupTest, AnotherServerIsSaid) {
  setup_.url += "/prefix";
  EXPECT_THAT(run(), testing::ElementsAre(HasSubstr("answers 404")));
}

TEST_F(SetupTest, WrongOptionsAreSaid) {
  const auto refused = [this](auto change) {
    OpenObserveSetup setup = setup_;
    change(setup);
    const auto ok = check_openobserve_setup(setup);
    return ok ? "" : ok.error().message;
  };
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_THAT(refused([](auto& s) { s.url = "localhost:5080"; }), HasSubstr("not the URL of a server"));
  EXPECT_THAT(refused([](auto& s) { s.url = "http://a:5080?fire=1&batch=x"; }), HasSubstr("--url: "));
  EXPECT_THAT(refused([](auto& s) { s.org = "a/b"; }), HasSubstr("--org"));
  EXPECT_THAT(refused([](auto& s) { s.stream = "a\"b"; }), HasSubstr("--stream"));
  EXPECT_THAT(refused([](auto& s) { s.notify = "mail"; }), HasSubstr("--notify"));
  EXPECT_THAT(refused([](auto& s) { s.notify = "http://a/\"b"; }), HasSubstr("--notify"));
  EXPECT_THAT(refused([](auto& s) { s.user.clear(); }), HasSubstr("--user and --password-file go together"));
  EXPECT_THAT(refused([](auto& s) { s.password_file.clear(); }), HasSubstr("--user and --password-file go together"));
  EXPECT_THAT(refused([](auto& s) { s.password_file = "/nowhere/at/all"; }), HasSubstr("/nowhere/at/all"));
}

TEST_F(SetupTest, DryRunAsksNobody) {
  std::vector<std::string> lines;
  setup_.stream = "edge";
  ASSERT_TRUE(print_openobserve_requests(setup_, [&](const std::string& line) { lines.push_back(line); }));
  ASSERT_THAT(lines, SizeIs(2 * openobserve_assets().size()));
  for (std::size_t i = 0; i < lines.size(); i += 2) {
    EXPECT_TRUE(lines[i].starts_with("POST " + server_.url() + "/api/")) << lines[i];
    EXPECT_NO_THROW(test::parse_record(lines[i + 1]));
    EXPECT_THAT(lines[i + 1], Not(HasSubstr("Complexpass")));
  }
  EXPECT_THAT(server_.changes(), IsEmpty());
  setup_.notify.clear();
  ASSERT_TRUE(print_openobserve_requests(setup_, [&](const std::string& line) { lines.push_back(line); }));
  EXPECT_THAT(lines.back(), HasSubstr("no alerts: --notify"));
}

}  // namespace
}  // namespace weir
