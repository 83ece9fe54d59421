// Servers that answer oddly, late, too much or not at all: what was sent arrives all the same, or is counted.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "base/unique_fd.h"
#include "sinks/backoff.h"
#include "sinks/http_client.h"
#include "sinks/http_reply.h"
#include "tests/sinks/sample_flows.h"
#include "tests/sinks/sink_test_util.h"
#include "tests/support/json.h"

namespace weir {
namespace {

using namespace sample;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kGood =
    "HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n"
    R"({"code":200,"status":[{"name":"a","successful":50,"failed":0}]}       )";

// One connection at a time; what it says is up to the test.
class RawServer {
 public:
  // Has read a whole request. False: the connection is to be closed.
  using Answer = std::function<bool(int fd, std::size_t number)>;

  explicit RawServer(Answer answer, bool reads = true) : answer_(std::move(answer)), reads_(reads) {
    ::setenv("no_proxy", "127.0.0.1", 1);
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), any, length) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), any, &length) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  std::string url(const std::string& rest) const { return "http://127.0.0.1:" + std::to_string(port_) + rest; }
  // Without their bodies.
  std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }
  std::size_t count() const { return heads().size(); }

 private:
  static bool readable(int fd) {
    pollfd polled{fd, POLLIN, 0};
    return ::poll(&polled, 1, 20) > 0;
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!readable(listener_.get())) continue;
      const UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::string buffer;
      while (fd && !stop.stop_requested()) {
        if (!reads_) {
          if (!answer_(fd.get(), accepted_++)) break;
          reads_ = true;
        }
        if (!readable(fd.get())) continue;
        char piece[65536];
        const ssize_t n = ::recv(fd.get(), piece, sizeof piece, 0);
        if (n <= 0) break;
        buffer.append(piece, static_cast<std::size_t>(n));
        const std::size_t end = buffer.find("\r\n\r\n"), length = buffer.find("Content-Length: ");
        if (end == std::string::npos) continue;
        const std::size_t body = length < end ? std::stoull(buffer.substr(length + 16, 20)) : 0;
        if (buffer.size() < end + 4 + body) continue;
        std::size_t number;
        {
          const std::lock_guard lock(mutex_);
          number = heads_.size();
          heads_.push_back(buffer.substr(0, end));
        }
        buffer.erase(0, end + 4 + body);
        if (!answer_(fd.get(), number)) break;
      }
    }
  }

  Answer answer_;
  bool reads_;
  std::size_t accepted_ = 0;
  UniqueFd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::jthread thread_;
};

bool say(int fd, std::string_view text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

std::string answer(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HostileServerTest : public testing::Test {
 protected:
  // 50 flows in one request, whose tries are short.
  std::unique_ptr<Sink> send_fifty(const RawServer& server, const std::string& options = "",
                                   const std::string& path = "/api/o/s/_json") {
    auto sink = open_or_fail(server.url(path) + "?batch=50&flush=1ms&in-flight=1&retry-max=5ms&timeout=400ms&fields=" +
                             "compact&spool-dir=" + (directory_ / "spool").string() + options);
    for (const BatchRef& batch : numbered(1, 50, 0)) sink->submit(batch);
    return sink;
  }
  static void expect_delivered(Sink& sink, const std::string& what) {
    wait_for([&] { return sink.status().flows.held == 0 && sink.status().last_error.empty(); });
    const SinkStatus status = sink.status();
    EXPECT_EQ(status.flows.out, 50U) << what;
    EXPECT_TRUE(status.flows.balanced()) << what;
    close_patiently(sink);
  }

  TemporaryDirectory directory_;
};

// None of these confirms anything; the second try does.
TEST_F(HostileServerTest, OddAnswersAreNoConfirmation) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string good = R"({"code":200,"status":[{"failed":0}]})";
  const std::string gzip_head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n";
  for (const std::string& odd : std::vector<std::string>{
           "",
           "\r\n",
           "garbage\r\n\r\n",
           good,
           "HTTP/1.1 200 OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + good,
           "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + good,
           "HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 20 \r\n\r\n",
           "HTTP/7.7 200 OK\r\n\r\n" + good,
           chunked + "zz\r\n" + good,
           chunked + "ffffffffffffffffffff\r\n" + good,
           chunked + "5\r\n" + good,
           chunked,
           "HTTP/1.1 200 OK\r\nX: " + std::string(500'000, 'x') + "\r\n\r\n",
           "HTTP/1.1 100 Continue\r\n\r\n",
           "HTTP/1.1 101 Switching\r\n\r\n" + good,
           gzip_head + std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff\xed\xd0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 22),
           answer(""),
           answer("null"),
           answer("[]"),
           answer("{}"),
           answer(good + good),
           answer(good.substr(0, good.size() - 1)),
           answer(R"({"code":200})"),
           answer(R"({"code":500,"status":[{"failed":0}]})"),
           answer(R"({"code":"200","status":[{"failed":0}]})"),
           answer(R"({"code":-200,"status":[{"failed":0}]})"),
           answer(R"({"code":200,"status":{}})"),
           answer(R"({"code":200,"status":[{"failed":-1}]})"),
           answer(R"({"code":200,"status":[{"failed":"2"}]})"),
           answer(R"({"code":200,"status":[{"failed":0.5}]})"),
           answer(R"({"code":200,"status":[{"failed":99999999999999999999999}]})"),
           answer(R"({"code":200,"status":[{"failed":null}]})"),
           answer(R"({"code":200,"status":[{"failed":0},{"failed":true}]})"),
           answer(std::string(200'000, '{')),
           answer("{\"code\":200,\"status\":[{\"failed\":0}],\"\xff\xfe"),
           answer("", "204 No Content"),
       }) {
    const RawServer server([&odd](int fd, std::size_t number) {
      if (number != 0) return say(fd, kGood);
      say(fd, odd);
      return false;
    });
    const std::string what = odd.substr(0, 200);
    const auto sink = send_fifty(server);
    expect_delivered(*sink, what);
    EXPECT_EQ(server.count(), 2U) << what;
    EXPECT_EQ(sink->status().delivery->retries, 1U) << what;
  }
}

TEST_F(HostileServerTest, CountsThatCannotBeTrueStayWithinWhatWasSent) {
  for (const std::string counts :
       {R"([{"successful":50,"failed":51}])", R"([{"failed":4294967295},{"failed":4294967295}])",
        R"([{"failed":18446744073709551615}])", R"([{"failed":50},{"failed":50},{"successful":7}])"}) {
    const RawServer server(
        [&](int fd, std::size_t) { return say(fd, answer(R"({"code":200,"status":)" + counts + "}")); });
    const auto sink = send_fifty(server);
    wait_for([&] { return sink->status().flows.held == 0; });
    const SinkStatus status = sink->status();
    EXPECT_EQ(status.flows.dropped_for(SinkDrop::kRejected), 50U) << counts;
    EXPECT_EQ(status.delivery->dead_letters, 50U) << counts;
    EXPECT_TRUE(status.flows.balanced()) << counts;
  }
}

TEST_F(HostileServerTest, BulkAnswersOfAnyLength) {
  const auto outcome = [](const std::string& items) {
    const BulkReply reply = read_bulk_reply(R"({"errors":true,"items":[)" + items + "]}");
    EXPECT_TRUE(reply.confirmed) << items;
    return read_outcome(reply, 2, [](std::size_t i) { return "r" + std::to_string(i); });
  };
  const auto settled = [&](const std::string& items) { return outcome(items).settled; };
  using Bits = std::vector<bool>;
  // Fewer items than records: a server may tell of failures only.
  EXPECT_EQ(settled(""), (Bits{true, true}));
  EXPECT_EQ(settled(R"({"create":{"_id":"r1","status":503}})"), (Bits{true, false}));
  // More, and one record twice: what is said first counts, so that nothing is dropped and sent again.
  const std::string refused = R"({"create":{"_id":"r0","status":400}})",
                    busy = R"({"create":{"_id":"r0","status":429}})";
  EXPECT_EQ(settled(refused + "," + busy + "," + busy), (Bits{true, true}));
  EXPECT_EQ(outcome(refused + "," + refused).refused.size(), 1U);
  EXPECT_EQ(settled(busy + "," + refused), (Bits{false, true}));
  EXPECT_THAT(outcome(busy + "," + refused).refused, IsEmpty());
  // No status, or none that is a number, is no success.
  for (const std::string item :
       {R"({"create":{"_id":"r0"}})", R"({"create":{"_id":"r0","status":-201}})",
        R"({"create":{"_id":"r0","status":"201"}})", R"({"create":{"_id":"r0","status":1e99}})"}) {
    EXPECT_EQ(outcome(item).refused.size(), 1U) << item;
  }
  // Ids of others.
  EXPECT_EQ(outcome(R"({"create":{"_id":"x","status":400}})").doubtful, 1U);
}

// An answer is read to its bound and no further.
TEST_F(HostileServerTest, AnEndlessAnswerEnds) {
  std::atomic<std::uint64_t> sent = 0;
  const RawServer server([&](int fd, std::size_t number) {
    if (number != 0) return say(fd, kGood);
    say(fd, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(1 << 16, '[');
    while (say(fd, piece)) sent += piece.size();
    return false;
  });
  const auto sink = open_or_fail(server.url("/api/o/s/_json?flush=1ms&retry-max=5ms&in-flight=1&spool-dir=") +
                                 (directory_ / "spool").string());
  for (const BatchRef& batch : numbered(1, 50, 0)) sink->submit(batch);
  expect_delivered(*sink, "endless");
  EXPECT_LT(sent, 100U << 20);
}

TEST_F(HostileServerTest, TricklesAndEndlessInterimAnswersEndByTheTimeout) {
  for (const std::string piece : {"H", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"}) {
    const RawServer server([&](int fd, std::size_t number) {
      if (number != 0) return say(fd, kGood);
      while (say(fd, piece)) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return false;
    });
    const auto sink = send_fifty(server);
    expect_delivered(*sink, piece);
    EXPECT_GE(sink->status().delivery->resent_flows, 50U) << piece;
  }
}

TEST_F(HostileServerTest, AServerThatNeverReadsEndsByTheTimeout) {
  const RawServer server(
      [](int fd, std::size_t number) {
        if (number != 0) return say(fd, kGood);
        // More than sockets hold is on its way.
        std::this_thread::sleep_for(std::chrono::milliseconds(700));
        return fd < 0;
      },
      false);
  auto sink = open_or_fail(server.url("/?batch=20000&flush=1ms&in-flight=1&retry-max=5ms&timeout=400ms&spool-dir=") +
                           (directory_ / "spool").string());
  for (const BatchRef& batch : numbered(400, 50, 0)) sink->submit(batch);
  wait_for([&] { return sink->status().delivery->retries >= 1; });
  EXPECT_THAT(sink->status().last_error, AllOf(HasSubstr("imed out")));
  EXPECT_TRUE(sink->status().flows.balanced());
}

TEST_F(HostileServerTest, InterimAnswersAreWaitedThrough) {
  const RawServer server([](int fd, std::size_t) {
    return say(fd, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n") && say(fd, kGood);
  });
  const auto sink = send_fifty(server);
  expect_delivered(*sink, "interim");
  EXPECT_EQ(server.count(), 1U);
}

// The credentials are for one host.
TEST_F(HostileServerTest, ARedirectionIsNotFollowed) {
  const RawServer other([](int fd, std::size_t) { return say(fd, kGood); });
  for (const std::string status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
    std::atomic<bool> redirects = true;
    const RawServer server([&](int fd, std::size_t) {
      if (!redirects) return say(fd, kGood);
      return say(fd, "HTTP/1.1 " + status + "\r\nLocation: " + other.url("/steal") + "\r\nContent-Length: 0\r\n\r\n");
    });
    const auto sink = send_fifty(server, "&header=Authorization: Basic c2VjcmV0");
    wait_for([&] { return sink->status().delivery->retries >= 2; });
    EXPECT_THAT(sink->status().last_error, AllOf(HasSubstr("redirection"), Not(HasSubstr("c2VjcmV0"))));
    EXPECT_EQ(sink->status().flows.dropped_total(), 0U);
    redirects = false;
    expect_delivered(*sink, status);
  }
  EXPECT_EQ(other.count(), 0U);
}

// Whenever a kept connection closes, what was confirmed is not sent again and what was not is.
TEST_F(HostileServerTest, ConnectionsCloseAtEveryMoment) {
  const std::string_view good = kGood;
  for (std::size_t cut = 0; cut <= good.size(); cut += cut < 70 ? 23 : 5) {
    const RawServer server([&](int fd, std::size_t number) {
      if (number % 2 == 0) return say(fd, good);
      say(fd, good.substr(0, cut));
      return false;
    });
    const auto sink = send_fifty(server);
    for (const BatchRef& batch : numbered(5, 50, 50)) sink->submit(batch);
    wait_for([&] { return sink->status().flows.held == 0; });
    const SinkStatus status = sink->status();
    EXPECT_EQ(status.flows.out, 300U) << cut;
    EXPECT_EQ(status.delivery->retries, server.count() - 6) << cut;
    EXPECT_EQ(status.delivery->resent_flows, 50 * (server.count() - 6)) << cut;
    close_patiently(*sink);
  }
}

TEST_F(HostileServerTest, RetryAfterIsWithinReason) {
  for (const auto& [value, least, most] : std::vector<std::tuple<std::string, int, int>>{
           {"1000000000", 86'400, 86'400},
           {"99999999999999999999999999", 0, 86'400},
           {"-5", 0, 0},
           {"soon", 0, 0},
           {"", 0, 0},
           {"7.5", 0, 7},
           {"Thu, 01 Jan 1970 00:00:00 GMT", 0, 0},
           {"Fri, 31 Dec 9999 23:59:59 GMT", 86'400, 86'400},
           {"Fri, 99 Foo 2099 99:99:99 GMT", 0, 0},
       }) {
    const RawServer server([&](int fd, std::size_t) {
      return say(fd, "HTTP/1.1 429 Slow\r\nRetry-After: " + value + "\r\nContent-Length: 0\r\n\r\n");
    });
    HttpOptions options;
    options.url = server.url("/");
    const std::atomic<bool> abort = false;
    const HttpReply reply = HttpClient(options, abort).post("x");
    EXPECT_EQ(reply.status, 429) << value;
    EXPECT_GE(reply.retry_after.count(), least) << value;
    EXPECT_LE(reply.retry_after.count(), most) << value;
  }
  Backoff backoff(std::chrono::seconds(30));
  for (int i = 0; i < 100; ++i) {
    backoff.fail({"busy", std::chrono::hours(24), false});
    EXPECT_LE(backoff.not_before(), Backoff::Clock::now() + std::chrono::minutes(10));
    backoff.fail({"busy", std::chrono::seconds(-5), false});
    EXPECT_LE(backoff.not_before(), Backoff::Clock::now() + std::chrono::milliseconds(37'500));
    EXPECT_GT(backoff.not_before(), Backoff::Clock::now());
  }
}

TEST_F(HostileServerTest, ALongRefusalIsCutInTheDeadLetters) {
  const RawServer server([](int fd, std::size_t) { return say(fd, answer(std::string(3'000'000, 'n'), "400 Bad")); });
  const auto sink = send_fifty(server);
  wait_for([&] { return sink->status().flows.held == 0; });
  EXPECT_EQ(sink->status().delivery->dead_letters, 50U);
  const std::string letters = content_of(directory_ / "spool" / "dead-letter.json");
  EXPECT_LT(letters.size(), 50'000U);
  EXPECT_EQ(test::parse_records(letters).at(0).at("reason"), std::string(4000, 'n'));
}

TEST_F(HostileServerTest, ANameThatIsNotKnownIsTriedAgain) {
  auto sink = open_or_fail("http://no-such-host.invalid:1/?flush=1ms&retry-max=5ms&spool-dir=" +
                           (directory_ / "spool").string());
  for (const BatchRef& batch : numbered(1, 50, 0)) sink->submit(batch);
  wait_for([&] { return sink->status().delivery->retries >= 2; });
  const SinkStatus status = sink->status();
  EXPECT_THAT(status.last_error, HasSubstr("no-such-host.invalid"));
  EXPECT_EQ(status.flows.held, 50U);
  EXPECT_EQ(status.delivery->resent_flows, 0U) << "it cannot have been taken";
}

}  // namespace
}  // namespace weir
