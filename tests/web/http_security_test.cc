// What the HTTP servers refuse: strangers, other sites, and requests that are too large, too slow or too clever.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>

#include "base/unique_fd.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"
#include "tests/web/sample_status.h"
#include "web/pages.h"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kToken = "0123456789abcdef0123456789abcdef";

HttpPages pages() {
  const CollectorLink link{.present = [] { return true; }, .ask = [](std::string_view) { return std::string("{}"); }};
  return collector_pages(
      [] {
        CollectorStatus status = sample_status();
        status.sinks[0].last_error = "disk full";
        return status;
      },
      link, nullptr);
}

std::unique_ptr<HttpServer> start(HttpServerOptions options) {
  if (options.address.empty()) options.address = "127.0.0.1:0";
  return HttpServer::start(options, pages()).value();
}

// Bytes on a socket, without an HTTP library's help.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  void send(const std::string& bytes) const { ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // Until the server closes.
  std::string rest() const {
    std::string all;
    char chunk[4096];
    for (ssize_t n; (n = ::recv(fd_.get(), chunk, sizeof chunk, 0)) > 0;)
      all.append(chunk, static_cast<std::size_t>(n));
    return all;
  }
  std::string ask(const std::string& bytes) const {
    send(bytes);
    return rest();
  }

 private:
  UniqueFd fd_;
};

std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
}

TEST(HttpTokenTest, IsNeededForAllButWhatIsOpen) {
  const auto server = start({.token = kToken});
  httplib::Client client("127.0.0.1", server->port());
  for (const char* path :
       {"/api/v1/status", "/api/v1/query?query=sip", "/metrics", "/api/v1/openapi.json", "/nothing"}) {
    const auto none = client.Get(path);
    ASSERT_TRUE(none) << path;
    EXPECT_EQ(none->status, 401) << path;
    EXPECT_EQ(none->get_header_value("WWW-Authenticate"), "Bearer");
    EXPECT_THAT(none->body, StartsWith("{\"error\":{\"message\":"));
    EXPECT_EQ(client.Get(path, {{"Authorization", "Bearer " + std::string(32, 'x')}})->status, 401);
  }
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER "}) {
    EXPECT_EQ(client.Get("/api/v1/status", {{"Authorization", scheme + kToken}})->status, 200) << scheme;
  }
  for (const char* path : {"/", "/index.html", "/dygraph.min.js", "/healthz"}) {
    EXPECT_EQ(client.Get(path)->status, 200) << path;
  }
  EXPECT_EQ(client.Get("/readyz")->body, "not ready\n");
  EXPECT_EQ(client.Get("/readyz", {{"Authorization", "Bearer " + kToken}})->body,
            "file:/tmp/\"odd\"\\name: disk full\n");
  const auto post = client.Post("/api/v1/query", R"({"query":"sip"})", "application/json");
  EXPECT_EQ(post->status, 401);
}

TEST(HttpTokenTest, OtherAddressesNeedOne) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:8080"}) {
    const auto server = HttpServer::start({.address = address}, pages());
    ASSERT_FALSE(server) << address;
    EXPECT_THAT(server.error().message, HasSubstr("--http-token-file FILE"));
    EXPECT_THAT(server.error().message, HasSubstr("WEIR_HTTP_TOKEN"));
  }
  const auto server = start({.address = "0.0.0.0:0", .token = kToken});
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Get("/api/v1/status")->status, 401);
  EXPECT_EQ(client.Get("/api/v1/status", {{"Authorization", "Bearer " + kToken}, {"Host", "weir.example"}})->status,
            200);
}

TEST(HttpTokenTest, FileIsMadeOnceAndPrivate) {
  const TempDir dir;
  const std::string path = dir / "token";
  const auto first = http_token({.token_file = path});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->size(), 64U);
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_EQ(*http_token({.token_file = path}), *first);
  EXPECT_NE(*http_token({.token_file = dir / "other"}), *first);
  EXPECT_EQ(*http_token({.token = kToken, .token_file = path}), kToken);
  std::ofstream(dir / "short") << "secret\n";
  EXPECT_FALSE(http_token({.token_file = dir / "short"}));
  EXPECT_FALSE(http_token({.token_file = dir / "no/such/dir"}));
  EXPECT_FALSE(http_token({.token_file = dir.path()}));
  EXPECT_FALSE(http_token({.token = "two words, of some length"}));
}

class HttpSecurityTest : public testing::Test {
 protected:
  std::string ask(const std::string& bytes) const { return RawClient(server_->port()).ask(bytes); }
  std::unique_ptr<HttpServer> server_ = start({});
};

TEST_F(HttpSecurityTest, OtherSitesAreRefused) {
  const auto status = [&](const std::string& headers) {
    return ask("GET /api/v1/status HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n").substr(9, 3);
  };
  EXPECT_EQ(status("Host: localhost:80\r\n"), "200");
  EXPECT_EQ(status("Host: rebound.example\r\n"), "403");
  EXPECT_EQ(status(""), "403");
  EXPECT_EQ(status("Host: localhost\r\nHost: localhost\r\n"), "400");
  EXPECT_EQ(status("Host: localhost\r\nOrigin: https://evil.example\r\n"), "403");
  EXPECT_EQ(status("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"), "403");
}

TEST_F(HttpSecurityTest, EveryAnswerTellsBrowsersToBeCareful) {
  for (const char* path : {"/", "/healthz", "/api/v1/status", "/nothing"}) {
    const std::string answer = ask(get(path));
    for (const char* header : {"Content-Security-Policy: default-src 'self'", "X-Content-Type-Options: nosniff",
                               "Referrer-Policy: no-referrer", "X-Frame-Options: DENY"}) {
      EXPECT_THAT(answer, HasSubstr(header)) << path;
    }
    EXPECT_THAT(answer, testing::Not(HasSubstr("Access-Control"))) << path;
  }
}

TEST_F(HttpSecurityTest, PathTricksFindNothing) {
  using namespace std::string_literals;
  for (const std::string& path :
       {"/../etc/passwd"s, "/..%2fetc/passwd"s, "/..%2f..%2f..%2fetc%2fpasswd"s, "//index.html"s, "/index.html/"s,
        "/index.html%00"s, "/index.html%00.js"s, "/./index.html"s, "/%2e/index.html"s, "/\\index.html"s,
        "/web/page/index.html"s, "/api/v1/openapiXjson"s, "/INDEX.HTML"s, "/api/v1/query/"s}) {
    EXPECT_THAT(ask(get(path)), StartsWith("HTTP/1.1 404")) << path;
  }
  EXPECT_THAT(ask("GET /index.html\0x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"s),
              testing::Not(StartsWith("HTTP/1.1 200")));
}

TEST_F(HttpSecurityTest, OversizedRequestsAreCutOff) {
  EXPECT_THAT(ask(get("/healthz", "X: " + std::string(20'000, 'x') + "\r\n")), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask("GET /" + std::string(100'000, 'a')), StartsWith("HTTP/1.1 431")) << "a line without an end";
  EXPECT_THAT(ask(get("/" + std::string(9'000, 'a'))), StartsWith("HTTP/1.1 414"));
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "a:b\r\n";
  EXPECT_THAT(ask(get("/healthz", many)), StartsWith("HTTP/1.1 431"));
  const std::string post = "POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  EXPECT_THAT(ask(post + "Content-Length: 10000000\r\n\r\n" + std::string(400'000, ' ')),
              testing::Not(StartsWith("HTTP/1.1 200")));
  const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  std::string chunks;
  for (int i = 0; i < 20; ++i) chunks += chunk;
  EXPECT_THAT(ask(post + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n"),
              testing::Not(StartsWith("HTTP/1.1 200")));
  EXPECT_THAT(ask(post + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(ask("POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: "
                  "2\r\n\r\n{}"),
              StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(ask(get("/healthz")), StartsWith("HTTP/1.1 200")) << "and it still serves";
}

TEST_F(HttpSecurityTest, RangesAreNotLookedAt) {
  std::string ranges = "Range: bytes=1-1";
  while (ranges.size() < 7'000) ranges += ",1-1";
  EXPECT_THAT(ask(get("/dygraph.min.js", ranges + "\r\n")), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpSecurityTest, ABodyIsNotTakenForTheNextRequest) {
  const std::string hidden = get("/api/v1/status");
  const std::string answer =
      ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" +
          hidden);
  EXPECT_THAT(answer, HasSubstr("ok\n"));
  EXPECT_EQ(answer.find("HTTP/1.1", 8), std::string::npos) << answer;
}

TEST_F(HttpSecurityTest, HeadsThatOthersReadDifferentlyEndTheConnection) {
  using namespace std::string_literals;
  const std::string hidden = get("/api/v1/status");
  const std::string length = std::to_string(hidden.size());
  for (const std::string& header :
       {"Content-Length : " + length, "X: y\r\n Content-Length: " + length, "X: y\rContent-Length: " + length,
        "Transfer-Encoding\t: chunked"s, "X: \0"s, "Content-Length: -1"s, "Content-Length: 0\r\nContent-Length: 1"s,
        "Content-Length: 0\r\nTransfer-Encoding: chunked"s}) {
    const std::string answer = ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n" + hidden);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << header;
    EXPECT_EQ(answer.find("HTTP/1.1", 8), std::string::npos) << answer;
  }
  EXPECT_THAT(ask("GET /api/v1/status HTTP/1.1\r\nHost: localhost\0.evil.example\r\n\r\n"s),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("GET /healthz\r\n\r\n"), StartsWith("HTTP/1.1 400")) << "HTTP/0.9";
  EXPECT_THAT(ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpSecurityTest, BadChunksAreNoBody) {
  const std::string post =
      "POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n";
  for (const char* size : {"-1", "zz", "", "ffffffffffffffff", "fffffffffffffffff"}) {
    EXPECT_THAT(ask(post + size + "\r\n{}\r\n0\r\n\r\n"), StartsWith("HTTP/1.1 400")) << size;
  }
}

TEST_F(HttpSecurityTest, RequestsFollowEachOtherOnOneConnection) {
  const std::string one = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string answer = ask(one + one + get("/readyz"));
  std::size_t count = 0;
  for (std::size_t at = 0; (at = answer.find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 3U);
}

TEST_F(HttpSecurityTest, SlowClientsBlockNobody) {
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 150; ++i) {  // more than there are threads
    slow.push_back(std::make_unique<RawClient>(server_->port()));
    slow.back()->send("G");
  }
  httplib::Client client("127.0.0.1", server_->port());
  client.set_read_timeout(9);  // less than a slow request may take while nobody waits
  const auto answer = client.Get("/healthz");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  const auto begun = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4)) << "a stop does not wait for them";
}

TEST_F(HttpSecurityTest, MethodsThatAreNotServed) {
  for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}) {
    EXPECT_THAT(ask(std::string(method) + " /api/v1/query HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                testing::Not(StartsWith("HTTP/1.1 200")))
        << method;
  }
  EXPECT_THAT(ask("POST /api/v1/list HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
}

TEST(HttpTlsTest, ServesHttpsFromItsCertificate) {
  const TempDir dir;
  const Authority authority(dir.path(), "ca");
  authority.issue("server");
  const auto server = start({.cert_file = authority.cert("server"), .key_file = authority.key("server")});
  EXPECT_THAT(server->url(), StartsWith("https://127.0.0.1:"));
  httplib::SSLClient client("127.0.0.1", server->port());
  client.set_ca_cert_path(authority.ca());
  client.enable_server_certificate_verification(true);
  const auto answer = client.Get("/api/v1/status");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(client.Get("/dygraph.min.js")->body.size(), testing::Gt(100'000U));
  EXPECT_THAT(RawClient(server->port()).ask(get("/healthz")), testing::Not(HasSubstr("200"))) << "not in plain text";
}

TEST(HttpTlsTest, BadFilesAreClearErrors) {
  const TempDir dir;
  const Authority authority(dir.path(), "ca");
  authority.issue("server");
  authority.issue("other");
  const auto error = [](const std::string& cert, const std::string& key) {
    const auto server = HttpServer::start({.address = "127.0.0.1:0", .cert_file = cert, .key_file = key}, pages());
    return server ? "" : server.error().message;
  };
  EXPECT_THAT(error("/no/cert", authority.key("server")), HasSubstr("--http-cert /no/cert"));
  EXPECT_THAT(error(authority.cert("server"), authority.key("other")), HasSubstr("--http-key"));
  EXPECT_THAT(error(authority.cert("server"), ""), HasSubstr("--http-key"));
}

TEST(HttpAssetsTest, AreCachedAndCompressed) {
  const auto server = start({});
  httplib::Client client("127.0.0.1", server->port());
  const auto plain = client.Get("/dygraph.min.js", {{"Accept-Encoding", "identity"}});
  EXPECT_EQ(plain->get_header_value("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_FALSE(plain->has_header("Content-Encoding"));
  const auto packed = client.Get("/dygraph.min.js", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(packed->get_header_value("Content-Encoding"), "gzip");
  EXPECT_EQ(packed->body, plain->body) << "unpacked by the client";
  const std::string tag = plain->get_header_value("ETag");
  const auto again = client.Get("/dygraph.min.js", {{"If-None-Match", tag}});
  EXPECT_EQ(again->status, 304);
  EXPECT_EQ(again->body, "");
  EXPECT_EQ(client.Get("/dygraph.min.js", {{"If-None-Match", "\"other\""}})->status, 200);
  EXPECT_EQ(client.Get("/")->body, client.Get("/index.html")->body);
  EXPECT_EQ(client.Get("/dygraph.min.css")->get_header_value("Content-Type"), "text/css; charset=utf-8");
}

}  // namespace
}  // namespace weir::test
