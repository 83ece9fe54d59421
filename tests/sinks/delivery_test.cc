// What an http sink delivers through the troubles of servers, networks and disks: exactly the flows that went in, each
// known by its key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <numeric>

#include "tests/sinks/sample_flows.h"
#include "tests/sinks/sink_test_util.h"
#include "tests/support/json.h"
#include "tests/support/record_server.h"

namespace weir {
namespace {

using namespace sample;
using test::Fault;
using test::RecordServer;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::vector<std::uint64_t> range(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> numbers(to - from);
  std::iota(numbers.begin(), numbers.end(), from);
  return numbers;
}

std::vector<std::uint64_t> sorted(std::vector<std::uint64_t> keys) {
  std::ranges::sort(keys);
  return keys;
}

// `flows` flows with keys from `first`, in batches of 50.
void submit(Sink& sink, std::size_t flows, std::uint64_t first = 0) {
  for (const BatchRef& batch : numbered(flows / 50, 50, first)) sink.submit(batch);
}

void expect_balance(const SinkStatus& status) {
  EXPECT_TRUE(status.flows.balanced());
  EXPECT_TRUE(status.delivery->recovered.balanced());
}

std::vector<std::filesystem::path> segments_in(const std::filesystem::path& dir) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".spool") found.push_back(entry.path());
  }
  return found;
}

class DeliveryTest : public testing::Test {
 protected:
  // A sink with a spool of its own, whose pauses are short.
  std::unique_ptr<Sink> open(const std::string& path_and_options, WhenFull when_full = WhenFull::kDrop) {
    return open_or_fail(server_.url(path_and_options) + (path_and_options.find('?') == std::string::npos ? "?" : "&") +
                            "batch=50&flush=10ms&retry-max=5ms&fields=compact&spool-dir=" + spool().string(),
                        context(when_full, 100'000));
  }
  std::filesystem::path spool() const { return directory_ / "spool"; }
  void expect_keys(std::uint64_t from, std::uint64_t to) { EXPECT_EQ(sorted(server_.keys()), range(from, to)); }

  ~DeliveryTest() override {
    EXPECT_EQ(server_.complaint(), "");
    EXPECT_EQ(server_.wrong_duplicates(), 0U);
  }

  TemporaryDirectory directory_;
  RecordServer server_;
};

TEST_F(DeliveryTest, EveryFormArrives) {
  std::uint64_t first = 0;
  for (const auto& [path, type] : std::vector<std::pair<std::string, std::string>>{
           {"/api/default/netflow1/_json", "application/json"},
           {"/api/default/netflow1/_multi", "application/x-ndjson"},
           {"/api/default/_bulk?index=netflow1", "application/x-ndjson"},
           {"/es/_bulk?index=netflow1", "application/x-ndjson"},
           {"/netflow1/_bulk", "application/x-ndjson"},
           {"/ndjson?form=ndjson", "application/x-ndjson"},
           {"/anything", "application/json"},
           {"/api/default/netflow1/_json?compress=gzip", "application/json"},
           {"/api/default/netflow1/_multi?compress=zstd", "application/x-ndjson"},
       }) {
    const auto sink = open(path);
    submit(*sink, 500, first);
    close_patiently(*sink);
    first += 500;
    EXPECT_EQ(sink->status().flows.out, 500U) << path;
    EXPECT_EQ(server_.requests().back().type, type) << path;
  }
  expect_keys(0, first);
  EXPECT_EQ(server_.duplicates(), 0U);
  EXPECT_EQ(server_.requests().back().encoding, "zstd");
}

TEST_F(DeliveryTest, BulkRequestsNeedAnIndex) {
  EXPECT_THAT(open_error(server_.url("/api/default/_bulk")), HasSubstr("index=NAME"));
  EXPECT_THAT(open_error(server_.url("/?form=bulk")), HasSubstr("index=NAME"));
  EXPECT_THAT(open_error(server_.url("/?index=x")), HasSubstr("bulk"));
  EXPECT_THAT(open_error(server_.url("/?form=xml")), HasSubstr("ndjson"));
  EXPECT_THAT(open_error(server_.url("/?spool=always")), HasSubstr("spool-dir"));
  EXPECT_THAT(open_error(server_.url("/?retries=1&spool-dir=") + spool().string()), HasSubstr("spool=off"));
}

TEST_F(DeliveryTest, EveryFaultIsSurvived) {
  using Kind = Fault::Kind;
  for (const std::string spool : {"off", "on-failure", "always"}) {
    for (const std::string path : {"/api/o/s/_json", "/api/o/_bulk?index=s"}) {
      const std::uint64_t first = server_.key_count();
      const std::size_t requests = server_.request_count();
      server_.set_faults([requests](std::size_t number) -> Fault {
        switch ((number - requests) % 19) {
          case 1: return {Kind::kStatus, 503};
          case 2: return {Kind::kStatus, 500};
          case 4: return {Kind::kResetLate};
          case 6: return {Kind::kCutAnswer};
          case 8: return {Kind::kResetEarly};
          case 9: return {Kind::kEmptyAnswer};
          case 11: return {Kind::kStatus, 429, "Retry-After: 0\r\n"};
          case 13: return {Kind::kStatus, 408};
          case 15: return {Kind::kResetLate};
          case 16: return {Kind::kResetLate};
          default: return {};
        }
      });
      const auto sink = open(path + (path.find('?') == std::string::npos ? "?" : "&") + "spool=" + spool);
      submit(*sink, 5000, first);
      // A close in the midst of trouble would leave flows to the spool.
      wait_for([&] { return sink->status().flows.held == 0; });
      close_patiently(*sink);
      const SinkStatus status = sink->status();
      EXPECT_EQ(status.flows.out, 5000U) << path << " " << spool;
      expect_balance(status);
      expect_keys(0, first + 5000);
      EXPECT_GT(status.delivery->retries, 50U);
      EXPECT_EQ(status.delivery->dead_letters, 0U);
      EXPECT_EQ(status.delivery->written_flows, spool == "always" ? 5000U : 0U);
      server_.set_faults({});
    }
  }
  EXPECT_GT(server_.duplicates(), 0U);
}

TEST_F(DeliveryTest, PossibleDuplicatesAreCounted) {
  server_.set_faults(
      [](std::size_t number) -> Fault { return {number % 2 == 0 ? Fault::Kind::kResetLate : Fault::Kind::kNone}; });
  const auto sink = open("/?in-flight=1");
  submit(*sink, 500);
  wait_for([&] { return sink->status().flows.held == 0; });
  EXPECT_EQ(sink->status().delivery->resent_flows, 500U);
  EXPECT_EQ(server_.duplicates(), 500U);
}

TEST_F(DeliveryTest, AStallEndsByTheTimeout) {
  server_.set_faults(
      [](std::size_t number) -> Fault { return {number == 0 ? Fault::Kind::kStall : Fault::Kind::kNone}; });
  const auto sink = open("/?timeout=2s&in-flight=1");
  submit(*sink, 100);
  wait_for([&] { return sink->status().flows.held == 0; });
  expect_keys(0, 100);
  EXPECT_EQ(server_.duplicates(), 50U);
  EXPECT_EQ(sink->status().delivery->resent_flows, 50U);
}

TEST_F(DeliveryTest, RetryAfterIsHonoured) {
  char date[64];
  const std::time_t then = std::time(nullptr) + 3;
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&then));
  server_.set_faults([&](std::size_t number) -> Fault {
    if (number == 0) return {Fault::Kind::kStatus, 503, "Retry-After: " + std::string(date) + "\r\n"};
    if (number == 1) return {Fault::Kind::kStatus, 429, "Retry-After: 1\r\n"};
    return {};
  });
  const auto began = std::chrono::steady_clock::now();
  const auto sink = open("/?in-flight=1");
  submit(*sink, 50);
  wait_for([&] { return sink->status().flows.held == 0; });
  EXPECT_EQ(server_.request_count(), 3U);
  EXPECT_GT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

TEST_F(DeliveryTest, TooLargeRequestsAreHalved) {
  for (const std::string spool : {"on-failure", "always"}) {
    const std::uint64_t first = server_.key_count();
    RecordServer small({"", 3000, true});
    const auto sink = open_or_fail(small.url("/?fields=compact&batch=1000&spool=" + spool + "&spool-dir=") +
                                   (directory_ / spool).string());
    submit(*sink, 1000, first);
    close_patiently(*sink);
    EXPECT_EQ(sorted(small.keys()), range(first, first + 1000));
    EXPECT_EQ(small.duplicates(), 0U);
    EXPECT_EQ(sink->status().flows.out, 1000U);
    // The lesson is learnt once, not for every request.
    const auto requests = small.requests();
    EXPECT_LT(std::ranges::count(requests, 413, &RecordServer::Request::status), 16);
  }
}

TEST_F(DeliveryTest, ARecordThatIsTooLargeAloneIsADeadLetter) {
  RecordServer tiny({"", 50, true});
  const auto sink = open_or_fail(tiny.url("/?fields=compact&spool-dir=") + spool().string());
  submit(*sink, 50);
  close_patiently(*sink);
  EXPECT_EQ(sink->status().flows.dropped_for(SinkDrop::kRejected), 50U);
  EXPECT_EQ(sink->status().delivery->dead_letters, 50U);
  expect_balance(sink->status());
  EXPECT_EQ(test::parse_records(content_of(spool() / "dead-letter.json")).size(), 50U);
}

TEST_F(DeliveryTest, ExpiredCredentialsAreReadAgain) {
  server_.set_authorization("Basic new");
  std::ofstream(directory_ / "header") << "Authorization: Basic old\n";
  const auto sink = open_or_fail(server_.url("/api/o/s/_json?batch=50&flush=1ms&spool-dir=") + spool().string() +
                                 "&header-file=" + (directory_ / "header").string());
  submit(*sink, 500);
  wait_for([&] { return sink->status().last_error.find("credentials") != std::string::npos; });
  EXPECT_THAT(sink->status().last_error, AllOf(HasSubstr("401"), HasSubstr("SIGHUP"), Not(HasSubstr("old"))));
  EXPECT_EQ(sink->status().flows.dropped_total(), 0U);
  std::ofstream(directory_ / "header") << "Authorization: Basic new\n";
  sink->reopen();
  wait_for([&] { return sink->status().flows.held == 0; });
  expect_keys(0, 500);
  EXPECT_EQ(server_.duplicates(), 0U);
  EXPECT_EQ(sink->status().last_error, "");
}

TEST_F(DeliveryTest, PartialFailuresOfOpenObserve) {
  server_.set_record_status([](std::uint64_t key) { return key % 10 == 3 ? 400 : 200; });
  const auto sink = open("/api/o/s/_json?spool=always");
  submit(*sink, 1000);
  close_patiently(*sink);
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.out, 900U);
  EXPECT_EQ(status.flows.dropped_for(SinkDrop::kRejected), 100U);
  EXPECT_EQ(status.delivery->dead_letters, 100U);
  expect_balance(status);
  EXPECT_EQ(server_.duplicates(), 0U);
  // The answer does not say which: every letter holds its whole request.
  std::uint64_t failed = 0;
  const auto letters = test::parse_records(content_of(spool() / "dead-letter.json"));
  for (const auto& letter : letters) {
    failed += std::stoull(letter.at("failed"));
    EXPECT_EQ(letter.at("reason"), "no such field");
    EXPECT_THAT(letter.at("records"), HasSubstr("\"packets\":"));
  }
  EXPECT_THAT(letters, SizeIs(20));
  EXPECT_EQ(failed, 100U);
}

TEST_F(DeliveryTest, BulkItemsHaveFatesOfTheirOwn) {
  for (const std::string spool_mode : {"on-failure", "always"}) {
    const std::uint64_t first = server_.key_count() == 0 ? 0 : 1000;
    std::map<std::uint64_t, int> tries;
    server_.set_record_status([&tries](std::uint64_t key) {
      if (key % 10 == 0) return 400;
      return key % 5 == 1 && ++tries[key] < 3 ? 429 : 200;
    });
    const auto sink = open("/netflow1/_bulk?spool=" + spool_mode);
    submit(*sink, 1000, first);
    wait_for([&] { return sink->status().flows.held == 0; });
    close_patiently(*sink);
    const SinkStatus status = sink->status();
    EXPECT_EQ(status.flows.out, 900U);
    EXPECT_EQ(status.flows.dropped_for(SinkDrop::kRejected), 100U);
    expect_balance(status);
    EXPECT_EQ(server_.duplicates(), 0U);
    EXPECT_EQ(server_.key_count(), first == 0 ? 900U : 1800U);
    EXPECT_THAT(server_.keys(), Each(testing::ResultOf([](std::uint64_t key) { return key % 10; }, testing::Ne(0U))));
  }
  // Each letter is the record that was refused.
  for (const auto& letter : test::parse_records(content_of(spool() / "dead-letter.json"))) {
    const auto record = test::parse_record(letter.at("records").substr(1, letter.at("records").size() - 2));
    EXPECT_EQ(letter.at("reason"), "key " + record.at("packets") + " is bad");
    EXPECT_EQ(letter.at("status"), "400");
  }
}

TEST_F(DeliveryTest, OtherRefusalsAreDeadLettersWithTheirText) {
  server_.set_faults([](std::size_t) -> Fault { return {Fault::Kind::kStatus, 404}; });
  const auto sink = open("/");
  submit(*sink, 100);
  close_patiently(*sink);
  EXPECT_EQ(sink->status().flows.dropped_for(SinkDrop::kRejected), 100U);
  EXPECT_EQ(server_.request_count(), 2U);
  const auto letters = test::parse_records(content_of(spool() / "dead-letter.json"));
  ASSERT_THAT(letters, SizeIs(2));
  EXPECT_EQ(letters[0].at("status"), "404");
  EXPECT_EQ(letters[0].at("failed"), "50");
}

TEST_F(DeliveryTest, DeadLettersAreBounded) {
  server_.set_faults([](std::size_t) -> Fault { return {Fault::Kind::kStatus, 400}; });
  const auto sink = open("/?dead-letter-max=40kB&dead-letter=" + (directory_ / "dead").string());
  submit(*sink, 1000);
  close_patiently(*sink);
  EXPECT_LE(std::filesystem::file_size(directory_ / "dead"), 20'000U);
  EXPECT_LE(std::filesystem::file_size(directory_ / "dead.old"), 20'000U);
}

// 400 requests' worth of an outage, of which memory holds 4: the rest goes to disk, and comes back in its order.
TEST_F(DeliveryTest, AnOutageIsReplayedInOrder) {
  for (const std::string mode : {"on-failure", "always"}) {
    const std::uint64_t first = server_.key_count();
    server_.stop();
    const auto sink = open("/api/o/s/_json?in-flight=1&max-unspooled=20kB&spool=" + mode);
    submit(*sink, 20'000, first);
    wait_for([&] { return sink->status().delivery->written_flows >= 19'500; });
    SinkStatus status = sink->status();
    EXPECT_EQ(status.flows.held, 20'000U);
    EXPECT_THAT(status.last_error, HasSubstr("onnect"));
    EXPECT_LT(status.delivery->spooled_bytes, 1'000'000U) << "the spool compresses";
    server_.start();
    submit(*sink, 1000, first + 20'000);
    wait_for([&] { return sink->status().flows.held == 0; });
    EXPECT_EQ(server_.keys(), range(0, first + 21'000));
    EXPECT_EQ(server_.duplicates(), 0U);
    close_patiently(*sink);
    status = sink->status();
    expect_balance(status);
    EXPECT_EQ(status.delivery->spooled_flows, 0U);
  }
  EXPECT_THAT(segments_in(spool()), SizeIs(0));
}

TEST_F(DeliveryTest, WhatAShutdownLeavesComesWithTheNextStart) {
  server_.stop();
  {
    const auto sink = open("/api/o/s/_json?in-flight=1");
    submit(*sink, 2000);
    wait_for([&] { return !sink->status().last_error.empty(); });
    const auto began = std::chrono::steady_clock::now();
    close_patiently(*sink);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30)) << "there is nothing to wait for";
    const SinkStatus status = sink->status();
    expect_balance(status);
    EXPECT_EQ(status.flows.held, 2000U);
    EXPECT_EQ(status.delivery->spooled_flows, 2000U);
    EXPECT_EQ(status.flows.dropped_total(), 0U);
  }
  server_.start();
  const auto sink = open("/api/o/s/_json?in-flight=1");
  submit(*sink, 500, 2000);
  wait_for([&] { return server_.key_count() == 2500; });
  close_patiently(*sink);
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.out, 500U);
  EXPECT_EQ(status.delivery->recovered.in, 2000U);
  EXPECT_EQ(status.delivery->recovered.out, 2000U);
  expect_balance(status);
  expect_keys(0, 2500);
  EXPECT_EQ(server_.duplicates(), 0U);
}

TEST_F(DeliveryTest, AFullSpoolDropsItsOldest) {
  server_.stop();
  const auto sink = open("/api/o/s/_json?in-flight=1&max-unspooled=1&spool-max=1MB");
  std::uint64_t submitted = 0;
  while (sink->status().flows.dropped_for(SinkDrop::kSpoolFull) == 0 && submitted < 3'000'000) {
    submit(*sink, 10'000, submitted);
    submitted += 10'000;
    EXPECT_LE(sink->status().delivery->spooled_bytes, 1'000'000U);
  }
  wait_for([&] { return sink->status().delivery->written_flows + 50 >= submitted; });
  server_.start();
  wait_for([&] { return sink->status().flows.held == 0; });
  close_patiently(*sink);
  const SinkStatus status = sink->status();
  expect_balance(status);
  EXPECT_EQ(status.flows.dropped_total(), status.flows.dropped_for(SinkDrop::kSpoolFull));
  const auto keys = server_.keys();
  EXPECT_EQ(keys.size() + status.flows.dropped_total(), submitted);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
  // What was on its way all the time, and then the newest.
  std::size_t on_its_way = 0;
  while (keys.at(on_its_way) == on_its_way) ++on_its_way;
  EXPECT_LE(on_its_way, 200U);
  EXPECT_EQ(keys.back(), submitted - 1);
  EXPECT_EQ(keys.at(on_its_way), submitted - (keys.size() - on_its_way));
}

TEST_F(DeliveryTest, ASpoolHasOneProcess) {
  const auto sink = open("/api/o/s/_json");
  const std::string error = open_error(server_.url("/?spool-dir=") + spool().string());
  EXPECT_THAT(error, AllOf(HasSubstr("in use by process " + std::to_string(::getpid())), HasSubstr("spool-dir")));
}

TEST_F(DeliveryTest, ReadersOfFilesWaitInsteadOfSpooling) {
  server_.stop();
  const auto sink = open("/?max-unspooled=1", WhenFull::kWait);
  submit(*sink, 500);
  wait_for([&] { return !sink->status().last_error.empty(); });
  EXPECT_EQ(sink->status().delivery->written_flows, 0U);
  server_.start();
  wait_for([&] { return sink->status().flows.out == 500; });
  expect_keys(0, 500);
}

// A tmpfs of 1 MB, which a spool of 1 GB fills.
TEST_F(DeliveryTest, AFullDiskIsCountedAndForgotten) {
  const std::filesystem::path disk = directory_ / "disk";
  std::filesystem::create_directory(disk);
  if (::geteuid() != 0 || ::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "only root can mount a small disk";
  }
  {
    server_.stop();
    const auto sink = open_or_fail(server_.url("/api/o/s/_json?batch=50&flush=1ms&retry-max=5ms&max-unspooled=1&") +
                                       "spool-dir=" + (disk / "spool").string(),
                                   context(WhenFull::kDrop, 100'000));
    std::uint64_t submitted = 0;
    while (sink->status().flows.dropped_for(SinkDrop::kWriteError) == 0 && submitted < 3'000'000) {
      submit(*sink, 10'000, submitted);
      submitted += 10'000;
    }
    EXPECT_THAT(sink->status().last_error, HasSubstr("No space left"));
    server_.start();
    wait_for([&] { return sink->status().flows.held == 0; });
    const std::uint64_t lost = sink->status().flows.dropped_for(SinkDrop::kWriteError);
    EXPECT_EQ(server_.key_count() + lost, submitted);
    submit(*sink, 1000, submitted);
    wait_for([&] { return sink->status().flows.held == 0; });
    EXPECT_EQ(server_.key_count() + lost, submitted + 1000) << "it goes on when there is room";
    close_patiently(*sink);
    expect_balance(sink->status());
    EXPECT_EQ(sink->status().last_error, "");
  }
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

}  // namespace
}  // namespace weir
