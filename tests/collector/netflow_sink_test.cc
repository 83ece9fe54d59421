// Sinks that send NetFlow and IPFIX, with real collectors behind them.
#include "sinks/netflow_sink.h"

#include <algorithm>
#include <csignal>
#include <map>

#include "sinks/export_streams.h"
#include "sinks/pacer.h"
#include "tests/collector/loopback.h"
#include "tests/collector/resend_fixture.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class EveryProtocol : public testing::TestWithParam<const char*> {
 protected:
  static bool v5() { return std::string(GetParam()) == "5"; }
  static std::string spec(const Receiver& receiver, const std::string& more = "") {
    return "udp://127.0.0.1:" + receiver.port() + "?protocol=" + GetParam() + "&flush=1ms" + more;
  }
};

TEST_P(EveryProtocol, EveryFlowArrivesAsItWas) {
  Receiver receiver;
  FlowSource source(v5() ? 0 : 0.3);
  const auto sink = open_resending(spec(receiver));
  std::vector<BatchRef> sent;
  for (std::size_t i = 1; i <= 20; ++i) {
    sent.push_back(source.batch(250));
    sink->submit(sent.back());
    receiver.kept().wait_for(250 * i);  // so that the receiver's buffer cannot overflow
  }
  close_patiently(*sink);
  EXPECT_EQ(described(receiver.kept().wait_for(5000)), described(sent));
  const CollectorStatus status = receiver.status();
  EXPECT_EQ(status.totals().sequence.lost, 0U);
  EXPECT_EQ(status.totals().sequence.resets, 0U);
  ASSERT_EQ(status.exporters.size(), 1U);
  EXPECT_EQ(status.exporters[0].observation_domain_id, 7U);
  const Account<SinkDrop> account = sink->status().flows;
  EXPECT_EQ(account.in, 5000U);
  EXPECT_EQ(account.out, 5000U);
  EXPECT_TRUE(account.balanced());
  EXPECT_THAT(sink->status().last_error, IsEmpty());
}

TEST_P(EveryProtocol, ExportersOfOneDomainStayApart) {
  Receiver receiver;
  FlowSource source(0);
  const auto sink = open_resending(spec(receiver));
  std::size_t total = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    sink->submit(source.batch(100, origin_of("192.0.2.1", 7)));
    sink->submit(source.batch(40, origin_of("192.0.2.2", 7)));
    receiver.kept().wait_for(total += 140);
  }
  close_patiently(*sink);
  const CollectorStatus status = receiver.status();
  ASSERT_EQ(status.exporters.size(), 2U);
  EXPECT_EQ(status.exporters[0].flows, 1000U);
  EXPECT_EQ(status.exporters[0].observation_domain_id, 7U);
  EXPECT_EQ(status.exporters[1].flows, 400U);
  EXPECT_NE(status.exporters[1].observation_domain_id, 7U);
  EXPECT_EQ(status.totals().sequence.lost, 0U);
  EXPECT_EQ(status.totals().sequence.resets, 0U);
}

TEST_P(EveryProtocol, OneSourceIdForAll) {
  Receiver receiver;
  FlowSource source(0);
  const auto sink = open_resending(spec(receiver, "&source-id=99"));
  sink->submit(source.batch(100, origin_of("192.0.2.1", 7)));
  sink->submit(source.batch(100, origin_of("192.0.2.2", 8)));
  receiver.kept().wait_for(200);
  const CollectorStatus status = receiver.status();
  ASSERT_EQ(status.exporters.size(), 1U);
  EXPECT_EQ(status.exporters[0].observation_domain_id, 99U);
  EXPECT_EQ(status.exporters[0].sequence.lost, 0U);
}

TEST_P(EveryProtocol, SamplingRatesAreTold) {
  Receiver receiver;
  FlowSource source(0);
  const auto sink = open_resending(spec(receiver));
  sink->submit(source.batch(100, origin_of("192.0.2.1", 7)));  // before the exporter told its rate
  receiver.kept().wait_for(100);
  sink->submit(source.batch(100, origin_of("192.0.2.1", 7), 1000));
  sink->submit(source.batch(100, origin_of("192.0.2.1", 7), 64));
  std::map<std::uint32_t, std::size_t> flows;
  for (const BatchRef& batch : receiver.kept().wait_for(300)) {
    for (const Flow& flow : batch->flows()) ++flows[flow.sampling_rate <= 1 ? 0 : flow.sampling_rate];
  }
  EXPECT_EQ(flows, (std::map<std::uint32_t, std::size_t>{{0, 100}, {64, 100}, {1000, 100}}));
}

TEST_P(EveryProtocol, BiflowsArriveAsTwoFlowsOrAsOne) {
  for (const bool whole : {false, true}) {
    if (whole && std::string(GetParam()) != "ipfix") continue;
    Receiver receiver;
    const auto sink = open_resending(spec(receiver, whole ? "&biflow=true" : ""));
    std::vector<BatchRef> sent;
    BatchWriter writer(BatchPool::create(), [&](BatchRef batch) { sent.push_back(std::move(batch)); });
    writer.set_origin(origin_of("192.0.2.1", 7));
    Flow& flow = *writer.add();
    flow.src_addr_family = flow.dst_addr_family = Family::kV4;
    flow.src_addr[0] = flow.dst_addr[0] = 10;
    flow.src_addr[3] = 1;
    flow.dst_addr[3] = 2;
    flow.bytes = 1000;
    flow.packets = 10;
    for (const FieldId id : {FieldId::src_addr, FieldId::dst_addr, FieldId::bytes, FieldId::packets,
                             FieldId::reverse_bytes, FieldId::reverse_packets}) {
      flow.mark(id);
    }
    writer.cold().reverse_bytes = 300;
    writer.cold().reverse_packets = 3;
    writer.flush();
    sink->submit(sent.at(0));
    const std::vector<BatchRef> got = receiver.kept().wait_for(whole ? 1 : 2);
    close_patiently(*sink);
    EXPECT_EQ(sink->status().flows.out, 1U);
    std::uint64_t bytes = 0;
    for (const BatchRef& batch : got) {
      for (const Flow& one : batch->flows()) {
        bytes += one.bytes + (one.cold == 0 ? 0 : batch->cold(one).reverse_bytes);
      }
    }
    EXPECT_EQ(bytes, 1300U);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryProtocol, testing::Values("5", "9", "ipfix"),
                         [](const auto& with) { return "protocol_" + std::string(with.param); });

TEST(NetflowSink, WhatV5CannotCarryIsCounted) {
  Receiver receiver;
  FlowSource v6(1);
  FlowSource v4(0);
  const auto sink = open_resending("udp://127.0.0.1:" + receiver.port() + "?protocol=5&flush=1ms");
  sink->submit(v6.batch(30));
  sink->submit(v4.batch(10));
  sink->submit(v4.batch(5, origin_of("192.0.2.1", 7), 20'000));  // more than v5's header can announce
  receiver.kept().wait_for(10);
  close_patiently(*sink);
  const Account<SinkDrop> account = sink->status().flows;
  EXPECT_EQ(account.dropped_for(SinkDrop::kNotRepresentable), 35U);
  EXPECT_EQ(account.out, 10U);
  EXPECT_TRUE(account.balanced());
}

TEST(NetflowSink, DestinationsHaveStatesOfTheirOwn) {
  Receiver one, two;
  FlowSource source(0);
  const auto first = open_resending("udp://127.0.0.1:" + one.port() + "?protocol=9&flush=1ms");
  const auto second = open_resending("udp://127.0.0.1:" + two.port() + "?protocol=ipfix&flush=1ms");
  for (std::size_t i = 1; i <= 5; ++i) {
    const BatchRef batch = source.batch(100);
    first->submit(batch);
    if (i > 2) second->submit(batch);
    one.kept().wait_for(100 * i);
  }
  two.kept().wait_for(300);
  EXPECT_EQ(one.status().totals().sequence.lost, 0U);
  EXPECT_EQ(two.status().totals().sequence.lost, 0U);
}

TEST(NetflowSink, RefusedDatagramsAreTold) {
  auto port = std::make_unique<Receiver>();
  const std::string spec = "udp://127.0.0.1:" + port->port() + "?flush=1ms";
  port.reset();  // nobody listens there any more
  FlowSource source(0);
  const auto sink = open_resending(spec);
  std::uint64_t submitted = 0;
  poll_until([&] {
    sink->submit(source.batch(10));
    submitted += 10;
    return !sink->status().last_error.empty();
  });
  EXPECT_THAT(sink->status().last_error, HasSubstr("nobody listens"));
  close_patiently(*sink);
  EXPECT_EQ(sink->status().flows.in, submitted);
  EXPECT_TRUE(sink->status().flows.balanced());
}

// More than a slow destination takes: every flow is accounted for, at every moment.
TEST(NetflowSink, AccountBalancesUnderOverload) {
  Receiver receiver;
  FlowSource source(0);
  const auto sink = open_resending("udp://127.0.0.1:" + receiver.port() + "?pace=200", WhenFull::kDrop, 4);
  const BatchRef batch = source.batch(1000);
  for (int i = 0; i < 200; ++i) {
    sink->submit(batch);
    const Account<SinkDrop> account = sink->status().flows;
    ASSERT_TRUE(account.balanced());
    ASSERT_EQ(account.in, 1000U * (static_cast<unsigned>(i) + 1));
  }
  EXPECT_GT(sink->status().flows.dropped_for(SinkDrop::kQueueFull), 0U);
  sink->close(std::chrono::steady_clock::now());
  const Account<SinkDrop> account = sink->status().flows;
  EXPECT_EQ(account.held, 0U);
  EXPECT_TRUE(account.balanced());
  sink->submit(batch);
  EXPECT_TRUE(sink->status().flows.balanced());
}

TEST(NetflowSink, ForgottenExportersBeginAnew) {
  NetflowOptions options;
  options.flush = std::chrono::milliseconds(1);
  std::uint64_t sent = 0;
  ExportStreams streams(options, [&](Bytes, std::size_t flows) { sent += flows; }, 2);
  FlowSource source(0);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(streams.add(*source.batch(3, origin_of("192.0.2." + std::to_string(i), 7))), 0U);
  }
  EXPECT_EQ(streams.size(), 2U);
  EXPECT_EQ(sent, 9U) << "the forgotten ones' flows go first";
  streams.flush_all();
  EXPECT_EQ(sent, 15U);
}

TEST(NetflowSink, NamesWhatIsWrong) {
  const auto error = [](const std::string& spec) {
    const auto sink = open_sink(spec, {});
    return sink ? "no error" : sink.error().message;
  };
  EXPECT_THAT(error("udp://"), HasSubstr("HOST:PORT"));
  EXPECT_THAT(error("udp:127.0.0.1:2055"), HasSubstr("udp://HOST:PORT"));
  EXPECT_THAT(error("udp://h:0"), HasSubstr("0 is no port"));
  EXPECT_THAT(error("udp://h:99999"), HasSubstr("99999"));
  EXPECT_THAT(error("tcp://h?protocol=9"), HasSubstr("only IPFIX"));
  EXPECT_THAT(error("udp://h?protocol=7"), HasSubstr("5, 9, ipfix"));
  EXPECT_THAT(error("udp://h?protocol=5&source-id=70000"), HasSubstr("65535"));
  EXPECT_THAT(error("udp://h?sise=1400"), HasSubstr("size"));
  EXPECT_THAT(error("udp://h?ca=x"), HasSubstr("unknown option"));
  EXPECT_THAT(error("tls://h?ca=/no/such/file"), HasSubstr("/no/such/file"));
  EXPECT_THAT(error("tls://h?cert=/x"), HasSubstr("belong together"));
}

TEST(Pacer, SendsEvenlyAndNeverMoreThanTenMilliseconds) {
  Pacer pacer(1000);
  auto now = Pacer::Clock::time_point(std::chrono::hours(1));
  EXPECT_EQ(pacer.take(100, now), 10U);  // after a silence
  EXPECT_EQ(pacer.take(100, now), 0U);
  EXPECT_EQ(pacer.next(), now + std::chrono::milliseconds(1));
  std::size_t sent = 0;
  for (int ms = 1; ms <= 1000; ++ms) sent += pacer.take(100, now + std::chrono::milliseconds(ms));
  EXPECT_EQ(sent, 1000U);
  EXPECT_EQ(Pacer(0).take(100, now), 100U);
  EXPECT_EQ(Pacer(10).take(5, now), 1U);
}

TEST(TcpSink, EveryFlowIsAcknowledged) {
  Receiver receiver("tcp://127.0.0.1:0");
  FlowSource source;
  const auto sink = open_resending("tcp://127.0.0.1:" + receiver.port());
  std::vector<BatchRef> sent;
  for (int i = 0; i < 20; ++i) {
    sent.push_back(source.batch(1000));
    sink->submit(sent.back());
  }
  close_patiently(*sink);
  const Account<SinkDrop> account = sink->status().flows;
  EXPECT_EQ(account.out, 20'000U);
  EXPECT_TRUE(account.balanced());
  EXPECT_EQ(described(receiver.kept().wait_for(20'000)), described(sent));
  EXPECT_EQ(receiver.status().totals().sequence.lost, 0U);
}

TEST(TcpSink, AcknowledgedFlowsAreOutWhileTheConnectionStands) {
  Receiver receiver("tcp://127.0.0.1:0");
  FlowSource source;
  const auto sink = open_resending("tcp://127.0.0.1:" + receiver.port() + "?flush=1ms");
  sink->submit(source.batch(100));
  poll_until([&] { return sink->status().flows.out == 100; });
  EXPECT_EQ(sink->status().flows.held, 0U);
}

TEST(TcpSink, ConnectsAgainWithTemplates) {
  auto first = std::make_unique<Receiver>("tcp://127.0.0.1:0");
  const std::string port = first->port();
  FlowSource source;
  const auto sink = open_resending("tcp://127.0.0.1:" + port + "?flush=1ms");
  sink->submit(source.batch(100));
  first->kept().wait_for(100);
  poll_until([&] { return sink->status().flows.out == 100; });
  first->stop();
  first.reset();
  poll_until([&] { return !sink->status().last_error.empty(); });
  sink->submit(source.batch(200));  // waits in the queue
  EXPECT_EQ(sink->status().flows.held, 200U);

  Receiver second("tcp://127.0.0.1:" + port);
  second.kept().wait_for(200);
  poll_until([&] { return sink->status().flows.out == 300; });
  EXPECT_THAT(sink->status().last_error, IsEmpty());
  EXPECT_EQ(second.status().totals().sequence.lost, 0U);
  EXPECT_TRUE(sink->status().flows.balanced());
}

// A collector that takes connections and reads nothing, then resets them.
TEST(TcpSink, WhatABrokenConnectionCarriedIsLost) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress any = socket_address("127.0.0.1", 0);
  int small = 4096;
  ASSERT_EQ(::setsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  ASSERT_EQ(::bind(listener.get(), any.get(), any.length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  FlowSource source;
  const auto sink =
      open_resending("tcp://" + SocketAddress::of(listener.get()).to_string() + "?timeout=1ms", WhenFull::kDrop, 8);
  UniqueFd connection(::accept(listener.get(), nullptr, nullptr));
  const BatchRef batch = source.batch(1000);
  poll_until([&] {
    sink->submit(batch);
    return sink->status().flows.dropped_for(SinkDrop::kQueueFull) > 0;
  });
  const linger reset{1, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  connection.reset();
  poll_until([&] { return sink->status().flows.dropped_for(SinkDrop::kUnreachable) > 0; });
  sink->close(std::chrono::steady_clock::now());
  const Account<SinkDrop> account = sink->status().flows;
  EXPECT_EQ(account.held, 0U);
  EXPECT_TRUE(account.balanced());
}

TEST(TcpSink, UnreachableForLongLosesWhatWaits) {
  auto gone = std::make_unique<Receiver>("tcp://127.0.0.1:0");
  const std::string port = gone->port();
  gone.reset();
  FlowSource source;
  const auto sink = open_resending("tcp://127.0.0.1:" + port + "?timeout=1ms");
  sink->submit(source.batch(100));
  poll_until([&] { return sink->status().flows.dropped_for(SinkDrop::kUnreachable) == 100; });
  EXPECT_THAT(sink->status().last_error, HasSubstr("refused"));
  EXPECT_TRUE(sink->status().flows.balanced());
}

// An independent witness.
TEST(NetflowSink, NfcapdReadsWhatIsSent) {
  if (!test::have_program("nfcapd") || !test::have_program("nfdump")) GTEST_SKIP() << "nfdump is not installed";
  for (const std::string protocol : {"5", "9", "ipfix"}) {
    SCOPED_TRACE(protocol);
    const test::TempDir dir;
    std::string port;
    {
      Receiver free_port;
      port = free_port.port();
    }
    test::Process nfcapd({"nfcapd", "-b", "127.0.0.1", "-p", port, "-w", dir.path().string(), "-t", "3600"});
    const SocketAddress to = socket_address("127.0.0.1", static_cast<std::uint16_t>(std::stoi(port)));
    // It listens once a datagram is not refused.
    ASSERT_TRUE(test::wait_until([&] {
      const UniqueFd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      return ::bind(probe.get(), to.get(), to.length) != 0;
    }));
    FlowSource source(protocol == "5" ? 0 : 0.3);
    const auto sink = open_resending("udp://127.0.0.1:" + port + "?pace=2000&protocol=" + protocol);
    std::uint64_t bytes = 0;
    for (int i = 0; i < 5; ++i) {
      const BatchRef batch = source.batch(400);
      for (const Flow& flow : batch->flows()) bytes += flow.bytes;
      sink->submit(batch);
    }
    close_patiently(*sink);
    EXPECT_EQ(sink->status().flows.out, 2000U);
    nfcapd.signal(SIGTERM);
    nfcapd.wait();
    const test::Outcome read = test::run({"nfdump", "-R", dir.path().string(), "-I"});
    EXPECT_THAT(read.out, HasSubstr("Flows: 2000\n")) << read.err << nfcapd.err();
    EXPECT_THAT(read.out, HasSubstr("Bytes: " + std::to_string(bytes) + "\n"));
  }
}

}  // namespace
}  // namespace weir
