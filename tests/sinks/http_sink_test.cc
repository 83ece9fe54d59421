#include "sinks/http_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <stdlib.h>
#include <zlib.h>

#include <algorithm>
#include <mutex>
#include <numeric>

#include "base/unique_fd.h"
#include "sinks/gzip.h"
#include "sinks/http_reply.h"
#include "tests/sinks/json_check.h"
#include "tests/sinks/sample_flows.h"
#include "tests/sinks/sink_test_util.h"

namespace weir {
namespace {

using namespace sample;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kConfirmed = R"({"code":200,"status":[{"name":"flows","successful":1,"failed":0}]})";

// An HTTP server on a port of its own that answers as it is told and remembers what it got.
class Server {
 public:
  using Answer = std::function<void(std::size_t request, httplib::Response&)>;

  explicit Server(Answer answer = [](std::size_t, httplib::Response&) {}) {
    server_.Post(".*", [this, answer](const httplib::Request& request, httplib::Response& response) {
      std::size_t number;
      {
        const std::lock_guard lock(mutex_);
        number = requests_.size();
        requests_.push_back(request);
      }
      if (request.path.ends_with("/_json")) response.set_content(kConfirmed, "application/json");
      answer(number, response);
    });
    ::setenv("no_proxy", "127.0.0.1", 1);
    server_.set_keep_alive_max_count(1'000'000);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    wait_for([this] { return server_.is_running(); });
  }
  ~Server() { server_.stop(); }

  std::string url(const std::string& rest) const { return "http://127.0.0.1:" + std::to_string(port_) + rest; }

  std::vector<httplib::Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> bodies() const {
    std::vector<std::string> all;
    for (const auto& request : requests()) all.push_back(request.body);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<httplib::Request> requests_;
  httplib::Server server_;
  int port_ = 0;
  std::jthread thread_;
};

// The records of an array, which hold no objects themselves.
std::vector<std::string> records_in(const std::string& body) {
  EXPECT_THAT(body, AllOf(StartsWith("[{"), EndsWith("}]")));
  std::vector<std::string> records;
  for (std::size_t at = 1; at < body.size();) {
    const std::size_t end = std::min(body.find("},{", at), body.size() - 2);
    records.push_back(body.substr(at, end + 1 - at));
    at = end + 2;
  }
  return records;
}

// `packets` of every record in the bodies, sorted.
std::vector<std::uint64_t> packets_in(const std::vector<std::string>& bodies) {
  std::vector<std::uint64_t> packets;
  for (const std::string& body : bodies) {
    for (const std::string& record : records_in(body)) {
      packets.push_back(std::stoull(value_of(parse_object(record), "packets")));
    }
  }
  std::ranges::sort(packets);
  return packets;
}

std::vector<std::uint64_t> up_to(std::size_t n) {
  std::vector<std::uint64_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

void submit_all(Sink& sink, const std::vector<BatchRef>& batches) {
  for (const BatchRef& batch : batches) sink.submit(batch);
}

TEST(HttpSinkTest, DeliversEveryFlowInArraysOfTheRightSize) {
  const Server server;
  const auto sink = open_or_fail(server.url("/api/org/flows/_json?batch=70&fields=compact"));
  submit_all(*sink, numbered(20, 50));
  close_patiently(*sink);
  EXPECT_EQ(packets_in(server.bodies()), up_to(1000));
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.path, "/api/org/flows/_json");
    EXPECT_EQ(request.get_header_value("Content-Type"), "application/json");
    EXPECT_FALSE(request.has_header("Expect"));
    EXPECT_LE(records_in(request.body).size(), 70U);
  }
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.out, 1000U);
  EXPECT_TRUE(status.flows.balanced());
  const auto bodies = server.bodies();
  EXPECT_EQ(status.bytes_out, std::accumulate(bodies.begin(), bodies.end(), std::size_t{0},
                                              [](std::size_t n, const auto& b) { return n + b.size(); }));
}

TEST(HttpSinkTest, OpenObserveGetsItsTimestamp) {
  const Server server;
  for (const auto& [rest, expected] : std::vector<std::pair<std::string, std::string>>{
           {"/api/org/flows/_json", "1789000000123456"},
           {"/api/org/flows/_json?timestamp=false", ""},
           {"/logs", ""},
           {"/logs?timestamp=true", "1789000000123456"},
       }) {
    const auto sink = open_or_fail(server.url(rest));
    submit_all(*sink, numbered(1, 1));
    close_patiently(*sink);
    const auto record = parse_object(records_in(server.bodies().back()).at(0));
    EXPECT_EQ(value_of(record, "_timestamp"), expected) << rest;
  }
}

TEST(HttpSinkTest, FlushSendsWhatIsThere) {
  const Server server;
  const auto sink = open_or_fail(server.url("/?flush=10ms"));
  submit_all(*sink, numbered(1, 3));
  wait_for([&] { return sink->status().flows.out == 3; });
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST(HttpSinkTest, BodiesStayBelowTheirLimit) {
  const Server server;
  const auto sink = open_or_fail(server.url("/?batch-bytes=40kB"));
  submit_all(*sink, numbered(3, 300));
  close_patiently(*sink);
  EXPECT_EQ(packets_in(server.bodies()), up_to(900));
  for (const std::string& body : server.bodies()) EXPECT_LE(body.size(), 40'000U);
}

std::string gunzip(std::string_view compressed) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  std::string text(1 << 22, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  ::inflateEnd(&stream);
  return text;
}

TEST(HttpSinkTest, GzipBodiesInflateToTheSameRecords) {
  const std::string text(100'000, 'x');
  EXPECT_EQ(gunzip(gzip(text)), text);
  EXPECT_EQ(gunzip(gzip("")), "");

  // httplib inflates by itself only where it was built so: take the bytes as they came.
  const Server server;
  const auto sink = open_or_fail(server.url("/?gzip=true&fields=compact"));
  submit_all(*sink, numbered(4, 100));
  close_patiently(*sink);
  ASSERT_THAT(server.requests(), SizeIs(1));
  const auto request = server.requests()[0];
  EXPECT_EQ(request.get_header_value("Content-Encoding"), "gzip");
  const std::string body = request.body.starts_with("\x1f\x8b") ? gunzip(request.body) : request.body;
  EXPECT_EQ(packets_in({body}), up_to(400));
  EXPECT_LT(std::stoull(request.get_header_value("Content-Length")), body.size() / 4);
}

TEST(HttpSinkTest, ServerErrorsAreTriedAgain) {
  const Server server([](std::size_t request, httplib::Response& response) {
    constexpr int kFirst[] = {503, 429, 408};
    if (request < 3) response.status = kFirst[request];
  });
  const auto sink = open_or_fail(server.url("/?batch=10"));
  submit_all(*sink, numbered(1, 10));
  close_patiently(*sink);
  EXPECT_THAT(server.requests(), SizeIs(4));
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.out, 10U);
  EXPECT_EQ(status.last_error, "");
  for (const std::string& body : server.bodies()) EXPECT_EQ(body, server.bodies()[0]);
}

TEST(HttpSinkTest, GivesUpAfterItsRetries) {
  const Server server([](std::size_t, httplib::Response& response) { response.status = 500; });
  const auto sink = open_or_fail(server.url("/?batch=10&retries=1"));
  submit_all(*sink, numbered(1, 10));
  close_patiently(*sink);
  EXPECT_THAT(server.requests(), SizeIs(2));
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kUnreachable), 10U);
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_THAT(status.last_error, HasSubstr("500"));
}

TEST(HttpSinkTest, RefusalIsFinal) {
  const Server server([](std::size_t request, httplib::Response& response) {
    if (request != 0) return;
    response.status = 400;
    response.set_content("no such\nstream " + std::string(500, 'x'), "text/plain");
  });
  const auto sink = open_or_fail(server.url("/?batch=10&flush=1ms"));
  submit_all(*sink, numbered(1, 10));
  wait_for([&] { return sink->status().flows.held == 0; });
  SinkStatus status = sink->status();
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kRejected), 10U);
  EXPECT_THAT(status.last_error, AllOf(HasSubstr("400"), HasSubstr("no such stream xxx"), SizeIs(testing::Lt(260U))));
  submit_all(*sink, numbered(1, 7));
  close_patiently(*sink);
  status = sink->status();
  EXPECT_EQ(status.flows.out, 7U);
  EXPECT_EQ(status.last_error, "");
}

TEST(HttpSinkTest, RecordsThatOpenObserveRefusedAreCounted) {
  const Server server([](std::size_t, httplib::Response& response) {
    response.set_content(
        R"({"code":200,"status":[{"name":"a","successful":7,"failed":2,"error":"bad \"time\""},{"failed":1}]})",
        "application/json");
  });
  const auto sink = open_or_fail(server.url("/api/org/flows/_json?batch=10"));
  submit_all(*sink, numbered(1, 10));
  close_patiently(*sink);
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.out, 7U);
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kRejected), 3U);
  EXPECT_THAT(status.last_error, HasSubstr("bad \"time\""));
}

// A port on which nobody listens: bound, so that nobody else gets it meanwhile.
class DeadPort {
 public:
  DeadPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
  }
  std::string url(const std::string& rest) const { return "http://127.0.0.1:" + std::to_string(port_) + rest; }

 private:
  UniqueFd fd_;
  int port_;
};

TEST(HttpSinkTest, DeadServerCostsWhatWasSentAndNoMore) {
  const DeadPort port;
  const auto sink = open_or_fail(port.url("/?batch=10&retries=0"));
  submit_all(*sink, numbered(3, 10));
  close_patiently(*sink);
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kUnreachable), 30U);
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_THAT(status.last_error, HasSubstr("onnect"));
}

TEST(HttpSinkTest, OverflowIsCountedToTheFlow) {
  const DeadPort port;
  const auto sink = open_or_fail(port.url("/?batch=10&max-unspooled=1"), context(WhenFull::kDrop, 4));
  submit_all(*sink, numbered(2, 10));
  wait_for([&] { return !sink->status().last_error.empty(); });
  // One parcel fills the memory, the next waits for it to be free, and the queue holds four batches.
  submit_all(*sink, numbered(20, 10));
  SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.in, 220U);
  EXPECT_GE(status.flows.dropped_for(SinkDrop::kQueueFull), 220U - 60U);
  EXPECT_TRUE(status.flows.balanced());
  close_within(*sink, std::chrono::milliseconds(10));
  status = sink->status();
  EXPECT_EQ(status.flows.held, 0U);
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kQueueFull) + status.flows.dropped_for(SinkDrop::kClosing), 220U);
}

TEST(HttpSinkTest, SlowServerTimesOut) {
  std::atomic<bool> release = false;
  const Server server([&](std::size_t, httplib::Response&) { wait_for([&] { return release.load(); }); });
  const auto sink = open_or_fail(server.url("/?batch=10&retries=0&timeout=50ms"));
  submit_all(*sink, numbered(1, 10));
  wait_for([&] { return sink->status().flows.held == 0; });
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kUnreachable), 10U);
  EXPECT_THAT(status.last_error, HasSubstr("timed out"));
  release = true;
}

TEST(HttpSinkTest, CloseCutsARequestThatHangs) {
  std::atomic<bool> release = false;
  const Server server([&](std::size_t, httplib::Response&) { wait_for([&] { return release.load(); }); });
  const auto sink = open_or_fail(server.url("/?batch=10&timeout=1h"));
  submit_all(*sink, numbered(5, 10));
  wait_for([&] { return server.requests().size() == 2; });
  close_within(*sink, std::chrono::milliseconds(1));
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kClosing), 50U);
  EXPECT_TRUE(status.flows.balanced());
  release = true;
}

// Certificates of one's own: an authority, and a server and a client that it vouches for.
class Certificates {
 public:
  Certificates() {
    made_ = run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem") &&
            sign("server", "subjectAltName=IP:127.0.0.1") && sign("client", "extendedKeyUsage=clientAuth");
  }
  bool made() const { return made_; }
  std::string operator/(std::string_view name) const { return (directory_ / name).string(); }

 private:
  bool run(const std::string& arguments) const {
    return std::system(("cd " + directory_.path().string() + " && openssl " + arguments + " 2>/dev/null").c_str()) == 0;
  }
  bool sign(const std::string& name, const std::string& extension) const {
    std::ofstream(directory_ / "extension") << extension << "\n";
    return run("req -newkey rsa:2048 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " + name + ".csr") &&
           run("x509 -req -days 2 -in " + name +
               ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extension -out " + name + ".pem");
  }

  TemporaryDirectory directory_;
  bool made_ = false;
};

TEST(HttpSinkTest, TlsTrustsItsAuthorityAndShowsItsCertificate) {
  const Certificates certificates;
  if (!certificates.made()) GTEST_SKIP() << "the openssl command is not there to make certificates";
  httplib::SSLServer server((certificates / "server.pem").c_str(), (certificates / "server.key").c_str(),
                            (certificates / "ca.pem").c_str());
  std::atomic<int> requests = 0;
  server.Post(".*", [&requests](const httplib::Request&, httplib::Response&) { ++requests; });
  const int port = server.bind_to_any_port("127.0.0.1");
  const std::jthread thread([&server] { server.listen_after_bind(); });
  wait_for([&server] { return server.is_running(); });
  const std::string url = "https://127.0.0.1:" + std::to_string(port) + "/?spool=off&retries=0&flush=1ms";
  const std::string ca = "&ca=" + (certificates / "ca.pem");
  const std::string client = "&cert=" + (certificates / "client.pem") + "&key=" + (certificates / "client.key");
  for (const auto& [options, delivered] :
       std::vector<std::pair<std::string, std::uint64_t>>{{ca + client, 10}, {client, 0}, {ca, 0}}) {
    const auto sink = open_or_fail(url + options);
    submit_all(*sink, numbered(1, 10));
    close_patiently(*sink);
    EXPECT_EQ(sink->status().flows.out, delivered) << options << sink->status().last_error;
  }
  EXPECT_EQ(requests, 1);
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  // The certificate is for 127.0.0.1: what calls itself otherwise gets no record and no credentials.
  const auto sink =
      open_or_fail("https://localhost:" + std::to_string(port) + "/?spool=off&retries=0&flush=1ms" + ca + client);
  submit_all(*sink, numbered(1, 10));
  wait_for([&] { return sink->status().flows.held == 0; });
  EXPECT_THAT(sink->status().last_error, HasSubstr("localhost"));
  EXPECT_EQ(sink->status().flows.dropped_for(SinkDrop::kUnreachable), 10U);
  EXPECT_EQ(sink->status().delivery->resent_flows, 0U);
  close_patiently(*sink);
  EXPECT_EQ(requests, 1);
  server.stop();
}

TEST(HttpSinkTest, AProxyIsAskedInsteadOfTheServer) {
  const Server proxy;
  const auto sink = open_or_fail("http://flows.example/in?proxy=" + proxy.url(""));
  submit_all(*sink, numbered(1, 10));
  close_patiently(*sink);
  EXPECT_EQ(sink->status().flows.out, 10U) << sink->status().last_error;
  ASSERT_THAT(proxy.requests(), SizeIs(1));
  EXPECT_EQ(proxy.requests()[0].target, "http://flows.example/in");
  EXPECT_EQ(proxy.requests()[0].get_header_value("Host"), "flows.example");
}

TEST(HttpSinkTest, TheFlowsEndIsItsTimestampWhereWanted) {
  const Server server;
  const auto sink = open_or_fail(server.url("/?timestamp=end"));
  submit_all(*sink, {ipv4()});
  close_patiently(*sink);
  const auto record = parse_object(records_in(server.bodies().back()).at(0));
  const std::string end = value_of(record, "time_flow_end_ns");
  EXPECT_EQ(value_of(record, "_timestamp"), end.substr(0, end.size() - 3));
  EXPECT_NE(end, value_of(record, "time_received_ns"));
}

class HttpSecretsTest : public testing::Test {
 protected:
  ~HttpSecretsTest() override { ::unsetenv("WEIR_HTTP_AUTHORIZATION"); }

  httplib::Headers headers_of_request(const std::string& spec) {
    const auto sink = open_or_fail(spec);
    submit_all(*sink, numbered(1, 1));
    close_patiently(*sink);
    EXPECT_THAT(sink->status().name, Not(HasSubstr("secret")));
    EXPECT_THAT(server_.requests(), Not(SizeIs(0)));
    return server_.requests().back().headers;
  }
  static std::vector<std::string> values(const httplib::Headers& headers, const std::string& name) {
    std::vector<std::string> all;
    for (auto [it, end] = headers.equal_range(name); it != end; ++it) all.push_back(it->second);
    return all;
  }

  Server server_;
};

TEST_F(HttpSecretsTest, UserAndPasswordBecomeBasicAuthentication) {
  std::string url = server_.url("/p");
  url.insert(std::string("http://").size(), "us%40er:secret%3a@");
  const auto headers = headers_of_request(url);
  EXPECT_THAT(values(headers, "Authorization"), ElementsAre("Basic dXNAZXI6c2VjcmV0Og=="));
  EXPECT_EQ(open_or_fail(url)->status().name, server_.url("/p"));
}

TEST_F(HttpSecretsTest, HeadersFromOptionsFileAndEnvironment) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "headers") << "X-File: from file\r\n\nX-Secret: secret\n";
  ::setenv("WEIR_HTTP_AUTHORIZATION", "Bearer secret", 1);
  const std::string spec = server_.url("/p?token=secret&header=X-One%3A%20secret&header=X-Two:2&header-file=") +
                           (directory / "headers").string();
  const auto headers = headers_of_request(spec);
  EXPECT_THAT(values(headers, "X-One"), ElementsAre("secret"));
  EXPECT_THAT(values(headers, "X-Two"), ElementsAre("2"));
  EXPECT_THAT(values(headers, "X-File"), ElementsAre("from file"));
  EXPECT_THAT(values(headers, "X-Secret"), ElementsAre("secret"));
  EXPECT_THAT(values(headers, "Authorization"), ElementsAre("Bearer secret"));
  EXPECT_EQ(server_.requests().back().target, "/p?token=secret");

  const auto explicit_one = headers_of_request(server_.url("/?header=authorization:%20Basic%20x"));
  EXPECT_THAT(values(explicit_one, "Authorization"), ElementsAre("Basic x"));
}

TEST_F(HttpSecretsTest, ErrorsSayWhatIsWrongWithoutSecrets) {
  for (const auto& [spec, expected] : std::vector<std::pair<std::string, std::string>>{
           {"http://", "no host"},
           {"http:///path", "no host"},
           {"http:host", "write http://HOST/PATH"},
           {"https://u:secret@", "no host"},
           {"http://u:secret@h:99999/", "not a URL"},
           {"http://h/?header=secret", "a header is written NAME: VALUE"},
           {"http://h/?header=A%3Asecret%0D%0AB%3A1", "a header is written NAME: VALUE"},
           {"http://h/?header=A%3Asecret%zz", "two hex digits"},
           {"http://h/?header-file=/no/such/file", "/no/such/file"},
           {"http://u:secret@h/?batch=0", "batch=0: it must be a number from 1"},
           {"http://h/?batch-bytes=1GB", "at most 256MiB"},
           {"http://h/?timeout=fast", "timeout=fast: write it like"},
       }) {
    const std::string error = open_error(spec);
    EXPECT_THAT(error, HasSubstr(expected)) << spec;
    EXPECT_THAT(error, Not(HasSubstr("secret"))) << spec;
  }
  ::setenv("WEIR_HTTP_AUTHORIZATION", "secret\nX: y", 1);
  EXPECT_THAT(open_error("http://h/"), AllOf(HasSubstr("WEIR_HTTP_AUTHORIZATION"), Not(HasSubstr("secret"))));
}

TEST(HttpReplyTest, OnlyOpenObservesWholeAnswerConfirms) {
  for (const std::string body : {"", "ok", R"({"failed":"many"})", R"({"failed":[7]})", R"({"code":200})",
                                 R"({"code":200,"status":[{"failed":7)", R"({"code":503,"status":[]})"}) {
    EXPECT_FALSE(read_openobserve_reply(body).confirmed) << body;
  }
  EXPECT_FALSE(read_openobserve_reply(std::string(60'000, '[')).confirmed);
  const OpenObserveReply reply = read_openobserve_reply(
      R"({"code":200,"status":[{"name":"a","successful":1,"failed":7,"error":"no"},{"name":"b","failed":2}]})");
  EXPECT_TRUE(reply.confirmed);
  EXPECT_EQ(reply.failed, 9U);
  EXPECT_EQ(reply.error, "no");
}

TEST(HttpReplyTest, BulkItemsAreFoundByIdInAnyOrder) {
  const auto id = [](std::size_t i) { return "r" + std::to_string(i); };
  const BulkReply reply = read_bulk_reply(
      R"({"took":1,"errors":true,"items":[)"
      R"({"create":{"_index":"a","_id":"r3","status":429,"error":{"type":"t","reason":"busy"}}},)"
      R"({"create":{"_id":"r0","status":201,"_shards":{"failed":0,"status":500}}},)"
      R"({"create":{"_id":"r1","status":400,"error":{"type":"t","reason":"bad","caused_by":{"reason":"worse"}}}},)"
      R"({"create":{"_id":"r2","status":409,"error":{"reason":"there"}}},)"
      R"({"create":{"_id":"r9","status":400,"error":"whose?"}}]})");
  ASSERT_TRUE(reply.confirmed);
  const BulkOutcome outcome = read_outcome(reply, 4, id);
  EXPECT_THAT(outcome.settled, ElementsAre(true, true, true, false));
  ASSERT_THAT(outcome.refused, SizeIs(1));
  EXPECT_EQ(outcome.refused[0].record, 1U);
  EXPECT_EQ(outcome.refused[0].status, 400U);
  EXPECT_EQ(outcome.refused[0].error, "bad");
  EXPECT_EQ(outcome.doubtful, 1U);
}

TEST(HttpReplyTest, BulkItemsWithoutIdsAreFoundByPlace) {
  const BulkReply reply = read_bulk_reply(
      R"({"errors":true,"items":[{"index":{"status":200}},{"index":{"status":503}},{"index":{"status":400}}]})");
  const BulkOutcome outcome = read_outcome(reply, 3, [](std::size_t i) { return "r" + std::to_string(i); });
  EXPECT_THAT(outcome.settled, ElementsAre(true, false, true));
  EXPECT_EQ(outcome.refused.at(0).record, 2U);
  EXPECT_EQ(outcome.doubtful, 0U);
}

TEST(HttpReplyTest, BulkAnswersThatConfirmNothing) {
  for (const std::string body : {"", "{}", R"({"errors":1})", R"({"errors":false)", R"([{"errors":false}])"}) {
    EXPECT_FALSE(read_bulk_reply(body).confirmed) << body;
  }
  EXPECT_TRUE(read_bulk_reply(R"({"took":1,"errors":false,"items":[]})").confirmed);
  EXPECT_FALSE(read_bulk_reply(std::string(60'000, '[')).confirmed);
}

TEST(HttpReplyTest, StatusesLeadWhereTheDocumentationSays) {
  const auto verdict = [](long status) {
    HttpReply reply;
    reply.status = status;
    return judge(reply);
  };
  for (const long status : {200, 201, 204}) EXPECT_EQ(verdict(status), HttpVerdict::kTaken) << status;
  for (const long status : {0, 301, 307, 408, 429, 500, 502, 503, 504})
    EXPECT_EQ(verdict(status), HttpVerdict::kRetry) << status;
  for (const long status : {400, 404, 415, 422}) EXPECT_EQ(verdict(status), HttpVerdict::kRefuse) << status;
  EXPECT_EQ(verdict(413), HttpVerdict::kTooLarge);
  EXPECT_EQ(verdict(401), HttpVerdict::kUnauthorized);
  EXPECT_EQ(verdict(403), HttpVerdict::kUnauthorized);
}

}  // namespace
}  // namespace weir
