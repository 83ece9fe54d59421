// `weir collect` as a process: what arrives is delivered, through shutdowns, crashes and overload.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <thread>

#include "base/unique_fd.h"
#include "tests/app/running_collector.h"
#include "tests/support/messages.h"

namespace weir::test {
namespace {

using testing::HasSubstr;

std::uint64_t number(const Record& record, const std::string& key) { return std::stoull(record.at(key)); }

// "in", "out", "held" and the sum of "dropped" of an account in status --json.
struct Numbers {
  std::uint64_t in, out, held, dropped;
};

Numbers account(const std::string& json) {
  const Record record = parse_record(json);
  std::uint64_t dropped = 0;
  for (const auto& [reason, count] : parse_record(record.at("dropped"))) dropped += std::stoull(count);
  return {number(record, "in"), number(record, "out"), number(record, "held"), dropped};
}

// The only element of a one-element JSON array.
Record only(const std::string& array) { return parse_record(array.substr(1, array.size() - 2)); }

TEST(Collect, StopDeliversWhatWasReceived) {
  RunningCollector collector;
  const Sender sender(collector.port());
  for (std::uint32_t i = 0; i < 50; ++i) sender.send(v5_datagram(i * 20, 20));
  EXPECT_EQ(collector.stop(), 0) << collector.process().err();
  EXPECT_EQ(collector.records().size(), 1000U);
  EXPECT_THAT(collector.process().err(), HasSubstr("1000 flows"));
}

// `weir collect | head -1` ends.
TEST(Collect, EndsWhenNobodyReadsItsOutput) {
  const TempDir dir;
  Process collector({"sh", "-c",
                     weir_binary() + " collect --listen udp://127.0.0.1:0 --http off --state-dir none --run-dir " +
                         dir.path().string() + " | head -1"});
  std::uint16_t port = 0;
  ASSERT_TRUE(wait_until([&] { return (port = port_in(collector.err(), "udp://127.0.0.1:")) != 0; }));
  const Sender sender(port);
  for (std::uint32_t i = 0; i < 6000 && sender.send(v5_datagram(i * 20, 20)); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(collector.wait(), 0);
  EXPECT_EQ(parse_records(collector.out()).size(), 1U);
}

// A generator that many people test with counts datagrams in flow_sequence, sends all-zero records, and more than 30
// records in a datagram.
TEST(Collect, NetflowV5SenderThatCountsDatagrams) {
  RunningCollector collector;
  const Sender sender(collector.port());
  std::uint32_t sequence = 100;
  std::size_t flows = 0;
  for (const std::size_t count : {16U, 8U, 16U, 16U, 36U, 8U, 16U, 16U, 16U, 8U}) {
    auto datagram = v5_datagram(sequence++, count);
    std::fill(datagram.end() - 48, datagram.end(), std::uint8_t{0});
    sender.send(datagram);
    flows += count;
  }
  EXPECT_EQ(collector.wait_for_records(flows).size(), flows);
  EXPECT_EQ(collector.decoded().at("sequence_lost"), "0");
  EXPECT_EQ(collector.decoded().at("records_missing"), "0");
  EXPECT_EQ(only(collector.status().at("exporters")).at("sequence_unit"), "datagrams");
  const auto records = collector.records();
  EXPECT_EQ(std::ranges::count_if(records, [](const Record& r) { return r.at("bytes") == "0"; }), 10);
}

TEST(Collect, TemplatesSurviveACrash) {
  RunningCollector collector;
  {
    const Sender sender(collector.port());
    sender.send(ipfix_message(1, 0, ipfix_template(256) + ipfix_data(256, 1)));
  }
  ASSERT_EQ(collector.wait_for_records(1).size(), 1U);
  // The state is saved within about a second of a change.
  ASSERT_TRUE(wait_until([&] {
    for (const auto& entry : std::filesystem::directory_iterator(collector.dir() / "state")) {
      if (entry.path().extension() == ".state" && slurp(entry.path()).find("\x01\x00") != std::string::npos &&
          entry.file_size() > 100) {
        return true;
      }
    }
    return false;
  }));
  collector.crash_and_restart();
  const Sender sender(collector.port());
  sender.send(ipfix_message(1, 1, ipfix_data(256, 3)));
  EXPECT_EQ(collector.wait_for_records(4).size(), 4U) << "the restarted exporter's data borrows the saved template";
}

TEST(Collect, ReopensItsFileAfterLogRotation) {
  RunningCollector collector;
  const Sender sender(collector.port());
  sender.send(v5_datagram(0, 5));
  ASSERT_EQ(collector.wait_for_records(5).size(), 5U);
  std::filesystem::rename(collector.dir() / "flows.json", collector.dir() / "flows.json.1");
  collector.process().signal(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(collector.dir() / "flows.json"); }));
  sender.send(v5_datagram(5, 7));
  EXPECT_EQ(collector.wait_for_records(7).size(), 7U);
  EXPECT_EQ(parse_records(slurp(collector.dir() / "flows.json.1")).size(), 5U);
}

TEST(Collect, AllowListCountsWhatItRefuses) {
  RunningCollector collector({"--allow", "127.0.0.2/31"});
  const Sender stranger(collector.port(), "127.0.0.1");
  const Sender known(collector.port(), "127.0.0.3");
  for (std::uint32_t i = 0; i < 4; ++i) stranger.send(v5_datagram(i, 1));
  known.send(v5_datagram(0, 2));
  EXPECT_EQ(collector.wait_for_records(2).size(), 2U);
  ASSERT_TRUE(wait_until([&] { return account(collector.status().at("messages")).in == 5; }));
  EXPECT_EQ(parse_record(parse_record(collector.status().at("messages")).at("dropped")).at("not_allowed"), "4");
}

TEST(Collect, TrustedSendersSayWhoExportedFirst) {
  const RunningCollector central({"--trust-exporter-address", "127.0.0.1"});
  const RunningCollector relay({"--to", "udp://127.0.0.1:" + std::to_string(central.port())});
  const Sender router(relay.port(), "127.0.0.7");
  router.send(v5_datagram(0, 3));
  const auto records = central.wait_for_records(3);
  ASSERT_EQ(records.size(), 3U);
  for (const Record& record : records) EXPECT_EQ(record.at("sampler_address"), "127.0.0.7");
}

TEST(Collect, ServesMetricsHealthAndTemplates) {
  RunningCollector collector;
  const Sender sender(collector.port());
  sender.send(ipfix_message(9, 0, ipfix_template(300) + ipfix_data(300, 6)));
  ASSERT_EQ(collector.wait_for_records(6).size(), 6U);
  EXPECT_THAT(http_get(collector.http_port(), "/healthz"), HasSubstr("200 OK"));
  EXPECT_THAT(http_get(collector.http_port(), "/readyz"), HasSubstr("200 OK"));
  EXPECT_THAT(http_get(collector.http_port(), "/metrics"), HasSubstr("weir_flows_decoded_total"));
  EXPECT_THAT(http_get(collector.http_port(), "/api/v1/templates"),
              testing::AllOf(HasSubstr("sourceIPv4Address"), HasSubstr("300")));
  EXPECT_THAT(http_get(collector.http_port(), "/no/such"), HasSubstr("404"));
}

// More than the machine can take: a tiny socket buffer, and a pipe that nobody reads as the output. Every flow sent is
// either dropped by the kernel, or decoded and then written, queued or dropped by the sink; nothing is left over.
TEST(Collect, LedgerBalancesUnderOverload) {
  constexpr std::uint64_t kDatagrams = 40'000;
  constexpr std::size_t kFlows = 28;
  const TempDir dir;
  const std::string fifo = (dir / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  // Held open for reading, but never read: the pipe fills and the sink stalls.
  const UniqueFd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK));
  RunningCollector collector({"--receive-buffer", "64KB", "--to", "file:" + fifo});
  const Sender sender(collector.port());
  for (std::uint32_t i = 0; i < kDatagrams; ++i) sender.send(v5_datagram(i * kFlows, kFlows));

  Record status;
  ASSERT_TRUE(wait_until([&] {
    status = collector.status();
    return account(status.at("messages")).in == kDatagrams;
  })) << status.at("messages");
  EXPECT_EQ(status.at("imbalances"), "[]");
  const Numbers messages = account(status.at("messages"));
  EXPECT_EQ(messages.in, messages.out + messages.held + messages.dropped);
  const std::uint64_t decoded = number(parse_record(status.at("decoded")), "flows");
  EXPECT_EQ(decoded, messages.out * kFlows);
  EXPECT_EQ(decoded, number(status, "flows_to_sinks") + number(status, "flows_in_open_batch"));

  EXPECT_GT(messages.dropped, 0U) << "the test did not overload the socket";
  collector.process().signal(SIGTERM);
  collector.process().wait();
  EXPECT_THAT(collector.process().err(), HasSubstr(std::to_string(decoded) + " flows"));
}

}  // namespace
}  // namespace weir::test
