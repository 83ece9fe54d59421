#include "collector/tcp_listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/collector/fixture.h"

namespace weir {
namespace {

class TcpListenerTest : public CollectorFixture {
 protected:
  TcpListenerTest() { options_.listen = {parse_listen_spec("tcp://127.0.0.1:0").value()}; }

  static Exporter connect(const Collector& collector, const std::string& from = "127.0.0.1") {
    return {from, collector.bound()[0], SOCK_STREAM};
  }
  // Waits until the collector has closed its end.
  static void expect_closed(const Exporter& exporter) {
    char byte;
    EXPECT_LE(::recv(exporter.fd(), &byte, 1, 0), 0);
  }
};

TEST_F(TcpListenerTest, DecodesAStreamCutAtEveryByte) {
  const auto collector = start();
  const Exporter exporter = connect(*collector);
  const std::string stream = ipfix_template() + ipfix_data(0, 1000) + ipfix_data(1, 2000);
  for (const char& byte : stream) exporter.send(as_bytes({&byte, 1}));
  seen_->wait_for_flows(2);
  EXPECT_EQ(seen_->bytes, 3000U);
  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.arrivals().in, 3U);
  EXPECT_EQ(status.tcp.connections.held, 1U);
  expect_balanced(status);
}

TEST_F(TcpListenerTest, DecodesManyMessagesOfOneSegment) {
  const auto collector = start();
  std::string stream = ipfix_template();
  for (std::uint32_t i = 0; i < 1000; ++i) stream += ipfix_data(i, 1);
  const Exporter exporter = connect(*collector);
  exporter.send(as_bytes(stream));
  seen_->wait_for_flows(1000);
  expect_balanced(collector->status());
}

TEST_F(TcpListenerTest, OrderlyCloseIsCountedAsSuch) {
  const auto collector = start();
  Exporter exporter = connect(*collector);
  exporter.send(as_bytes(ipfix_template()));
  exporter.close();
  const auto status =
      wait_for(*collector, [](const CollectorStatus& s) { return s.tcp.connections.out == 1 && s.arrivals().in == 1; });
  EXPECT_EQ(status.tcp.connections.held, 0U);
  expect_balanced(status);
}

TEST_F(TcpListenerTest, CloseInsideAMessageIsCounted) {
  const auto collector = start();
  Exporter exporter = connect(*collector);
  exporter.send(as_bytes(ipfix_template().substr(0, 10)));
  exporter.close();
  const auto status = wait_for(
      *collector, [](const CollectorStatus& s) { return s.tcp.connections.dropped_for(ConnectionDrop::kError) == 1; });
  EXPECT_EQ(status.arrivals().dropped_for(ArrivalDrop::kTruncated), 1U);
  expect_balanced(status);
}

TEST_F(TcpListenerTest, GarbageClosesOnlyItsConnection) {
  const auto collector = start();
  const Exporter good = connect(*collector);
  const Exporter bad = connect(*collector);
  bad.send(as_bytes(ipfix_template() + "GET / HTTP/1.1\r\n\r\n"));
  expect_closed(bad);
  good.send(as_bytes(ipfix_template() + ipfix_data(0, 7)));
  seen_->wait_for_flows(1);
  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.tcp.connections.dropped_for(ConnectionDrop::kBadFraming), 1U);
  EXPECT_EQ(status.arrivals().dropped_for(ArrivalDrop::kBadFraming), 1U);
  expect_balanced(status);
}

TEST_F(TcpListenerTest, ConnectionsBeyondTheLimitAreRefused) {
  options_.tcp.max_connections = 1;
  const auto collector = start();
  const Exporter first = connect(*collector);
  first.send(as_bytes(ipfix_template() + ipfix_data(0, 7)));
  seen_->wait_for_flows(1);
  expect_closed(connect(*collector));
  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.tcp.connections.dropped_for(ConnectionDrop::kLimit), 1U);
  EXPECT_EQ(status.tcp.connections.held, 1U);
  expect_balanced(status);
}

TEST_F(TcpListenerTest, WhoIsNotAllowedIsRefused) {
  options_.allow = {*Prefix::parse("127.0.0.1")};
  const auto collector = start();
  expect_closed(connect(*collector, "127.0.0.2"));
  EXPECT_EQ(collector->status().tcp.connections.dropped_for(ConnectionDrop::kNotAllowed), 1U);
}

TEST_F(TcpListenerTest, IdleConnectionsAreClosed) {
  options_.tcp.idle_timeout = std::chrono::seconds(0);
  const auto collector = start();
  expect_closed(connect(*collector));
  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.tcp.connections.dropped_for(ConnectionDrop::kIdle), 1U);
  expect_balanced(status);
}

TEST_F(TcpListenerTest, StopDeliversWhatWasSent) {
  const auto collector = start();
  const Exporter exporter = connect(*collector);
  std::string stream = ipfix_template();
  for (std::uint32_t i = 0; i < 100; ++i) stream += ipfix_data(i, 1);
  exporter.send(as_bytes(stream));  // at once, so that nothing waits at the sender's side
  collector->stop(in_seconds(60));
  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.totals().flows, 100U);
  EXPECT_EQ(seen_->flows, 100U);
  EXPECT_EQ(status.tcp.connections.out, 1U);
  expect_balanced(status);
}

TEST_F(TcpListenerTest, PortInUseIsAnError) {
  const auto first = start();
  options_.listen = {parse_listen_spec("tcp://127.0.0.1:" + std::to_string(first->bound()[0].port())).value()};
  const auto second = try_start();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr("already in use"));
}

TEST_F(TcpListenerTest, RunsBesideUdp) {
  options_.listen.push_back(parse_listen_spec("udp://127.0.0.1:0").value());
  const auto collector = start();
  ASSERT_EQ(collector->bound().size(), 2U);
  Exporter("127.0.0.1", collector->bound()[0]).send(as_bytes(netflow_v5(1, 0)));
  const Exporter stream("127.0.0.1", collector->bound()[1], SOCK_STREAM);
  stream.send(as_bytes(ipfix_template() + ipfix_data(0, 7)));
  seen_->wait_for_flows(2);
  expect_balanced(collector->status());
}

}  // namespace
}  // namespace weir
