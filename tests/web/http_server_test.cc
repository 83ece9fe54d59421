#include "web/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "tests/web/sample_status.h"
#include "web/pages.h"

namespace weir {
namespace {

using testing::HasSubstr;

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() : server_(start("127.0.0.1:0").value()), client_("127.0.0.1", server_->port()) {}

  Result<std::unique_ptr<HttpServer>> start(const std::string& address) {
    const CollectorLink link{.present = [] { return true; },
                             .ask = [this](std::string_view command) -> Result<std::string> {
                               return command == "templates" ? templates_json(templates_) : status_json(status_);
                             }};
    return HttpServer::start({.address = address}, collector_pages([this] { return status_; }, link, nullptr));
  }
  std::string get(const std::string& path, int expected_status = 200) {
    const auto response = client_.Get(path);
    if (!response) return "no response";
    EXPECT_EQ(response->status, expected_status) << path;
    return response->body;
  }

  CollectorStatus status_ = sample_status();
  std::vector<TemplateView> templates_;
  std::unique_ptr<HttpServer> server_;
  httplib::Client client_;
};

TEST_F(HttpServerTest, ServesItsPages) {
  EXPECT_THAT(get("/"), HasSubstr("<title>weir"));
  EXPECT_EQ(get("/healthz"), "ok\n");
  EXPECT_THAT(get("/metrics"), HasSubstr("weir_messages_arrived_total{worker=\"0\"} 100"));
  EXPECT_THAT(get("/api/v1/status"), HasSubstr("\"flows_to_sinks\":290"));
  get("/nothing", 404);
}

TEST_F(HttpServerTest, ReadinessFollowsTheSinks) {
  EXPECT_EQ(get("/readyz"), "ready\n");
  status_.sinks[0].last_error = "disk full";
  EXPECT_THAT(get("/readyz", 503), HasSubstr("disk full"));
  status_.sinks.clear();
  status_.sockets.clear();
  EXPECT_THAT(get("/readyz", 503), HasSubstr("no socket"));
}

TEST_F(HttpServerTest, ListsTemplatesWithNames) {
  TemplateView one{};
  one.session.remote = *IpAddress::parse("192.0.2.1");
  one.protocol = FlowProtocol::kIpfix;
  one.template_id = 256;
  one.fields = {{0, 8, 4}, {0, 82, 65535}, {99999, 1, 4}};
  templates_.push_back(one);
  const std::string json = get("/api/v1/templates");
  EXPECT_THAT(json, HasSubstr("\"template_id\":256"));
  EXPECT_THAT(json, HasSubstr("{\"enterprise\":0,\"id\":8,\"name\":\"sourceIPv4Address\",\"length\":4}"));
  EXPECT_THAT(json, HasSubstr("\"length\":\"variable\""));
  EXPECT_THAT(json, HasSubstr("{\"enterprise\":99999,\"id\":1,\"name\":\"\",\"length\":4}"));
}

TEST_F(HttpServerTest, PortInUseIsAClearError) {
  const auto second = start("127.0.0.1:" + std::to_string(server_->port()));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("already in use"));
  EXPECT_THAT(second.error().message, HasSubstr("--http"));
}

TEST_F(HttpServerTest, BadAddressesAreClearErrors) {
  for (const char* bad : {"127.0.0.1:99999", "host:port", "::1:80", "192.0.2.1:0"}) {
    const auto server = start(bad);
    ASSERT_FALSE(server) << bad;
    EXPECT_THAT(server.error().message, HasSubstr(std::string(bad).substr(0, 4)));
  }
}

TEST_F(HttpServerTest, NoHostMeansLoopback) {
  const auto server = start(":0");
  ASSERT_TRUE(server) << server.error().message;
  httplib::Client client("127.0.0.1", (*server)->port());
  EXPECT_TRUE(client.Get("/healthz"));
}

}  // namespace
}  // namespace weir
