#include "collector/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "collector/selector.h"
#include "tests/collector/fixture.h"

namespace weir {
namespace {

class CollectorTest : public CollectorFixture {};

TEST_F(CollectorTest, DeliversFlowsAndBalances) {
  const auto collector = start();
  const Exporter exporter("127.0.0.1", collector->bound()[0]);
  exporter.send(as_bytes(netflow_v5(3, 0)));
  seen_->wait_for_flows(3);
  EXPECT_EQ(seen_->bytes, 100U + 101 + 102);
  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.arrivals().in, 1U);
  EXPECT_EQ(status.arrivals().out, 1U);
  ASSERT_EQ(status.exporters.size(), 1U);
  EXPECT_EQ(status.exporters[0].flows, 3U);
  EXPECT_EQ(status.exporters[0].address.to_string(), "127.0.0.1");
  EXPECT_TRUE(status.ready());
  expect_balanced(status);
}

TEST_F(CollectorTest, AllSocketsOfAnAddressMeetInOneWorker) {
  options_.workers = 4;
  const auto collector = start();
  for (std::uint32_t i = 0; i < 20; ++i) {
    Exporter("127.0.0.77", collector->bound()[0]).send(as_bytes(netflow_v5(1, 0)));
  }
  seen_->wait_for_flows(20);
  const unsigned expected = worker_for(*IpAddress::parse("127.0.0.77"), 4);
  const CollectorStatus status = collector->status();
  for (unsigned i = 0; i < 4; ++i) EXPECT_EQ(status.lanes[i].arrivals.in, i == expected ? 20U : 0U);
  ASSERT_EQ(status.sockets.size(), 4U);
  EXPECT_EQ(status.sockets[expected].datagrams, 20U);
}

TEST_F(CollectorTest, ListensOnSeveralPorts) {
  options_.listen.push_back(parse_listen_spec("udp://[::]:0").value());
  const auto collector = start();
  ASSERT_EQ(collector->bound().size(), 2U);
  Exporter("127.0.0.1", collector->bound()[0]).send(as_bytes(netflow_v5(1, 0)));
  Exporter("127.0.0.1", socket_address("127.0.0.1", collector->bound()[1].port())).send(as_bytes(netflow_v5(1, 0)));
  seen_->wait_for_flows(2);
  expect_balanced(collector->status());
}

TEST_F(CollectorTest, WhoIsNotAllowedIsCounted) {
  options_.allow = {*Prefix::parse("127.0.0.0/31"), *Prefix::parse("2001:db8::/32")};
  const auto collector = start();
  Exporter("127.0.0.2", collector->bound()[0]).send(as_bytes(netflow_v5(1, 0)));
  Exporter("127.0.0.1", collector->bound()[0]).send(as_bytes(netflow_v5(2, 0)));
  const CollectorStatus status =
      wait_for(*collector, [](const CollectorStatus& s) { return s.arrivals().in == 2 && s.flows_pending() == 0; });
  EXPECT_EQ(status.arrivals().dropped_for(ArrivalDrop::kNotAllowed), 1U);
  EXPECT_EQ(status.totals().flows, 2U);
  expect_balanced(status);
}

TEST_F(CollectorTest, GarbageIsCountedByReason) {
  const auto collector = start();
  const Exporter exporter("127.0.0.1", collector->bound()[0]);
  exporter.send(as_bytes("x"));
  exporter.send({});
  exporter.send(as_bytes("a version that nobody knows"));
  const CollectorStatus status = wait_for(*collector, [](const CollectorStatus& s) { return s.arrivals().in == 3; });
  EXPECT_EQ(status.arrivals().dropped_for(ArrivalDrop::kTooShort), 2U);
  EXPECT_EQ(status.arrivals().dropped_for(ArrivalDrop::kUnknownVersion), 1U);
  expect_balanced(status);
}

TEST_F(CollectorTest, PortInUseStartsNothing) {
  const auto first = start();
  const auto seen = seen_;
  options_.listen = {parse_listen_spec("udp://127.0.0.1:" + std::to_string(first->bound()[0].port())).value()};
  options_.state_dir = fresh_directory() / "state";
  const auto second = try_start();
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, testing::HasSubstr("already in use by another program"));
  EXPECT_FALSE(std::filesystem::exists(options_.state_dir));

  Exporter("127.0.0.1", first->bound()[0]).send(as_bytes(netflow_v5(1, 0)));
  seen->wait_for_flows(1);
}

TEST_F(CollectorTest, NothingToListenOnIsAnError) {
  options_.listen.clear();
  const auto started = try_start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, testing::HasSubstr("--listen"));
}

TEST_F(CollectorTest, StopDeliversWhatWaitsInTheKernel) {
  const auto collector = start();
  const Exporter exporter("127.0.0.1", collector->bound()[0]);
  seen_->set_gate(false);
  exporter.send(as_bytes(netflow_v5(1, 0)));
  seen_->wait([&] { return seen_->waiting; });  // the worker stands still; all that follows queues up in the kernel
  constexpr std::uint32_t kQueued = 200;
  for (std::uint32_t i = 0; i < kQueued; ++i) exporter.send(as_bytes(netflow_v5(10, 1 + 10 * i)));
  std::thread stopper([&] { collector->stop(in_seconds(60)); });
  seen_->set_gate(true);
  stopper.join();

  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.arrivals().in, kQueued + 1);
  EXPECT_EQ(status.totals().flows, 10 * kQueued + 1);
  EXPECT_EQ(seen_->flows, 10 * kQueued + 1);
  EXPECT_EQ(status.flows_pending(), 0U);
  EXPECT_TRUE(seen_->closed);
  expect_balanced(status);
}

TEST_F(CollectorTest, AfterTheDeadlineWhatWasReceivedIsCounted) {
  options_.workers = 1;
  const auto collector = start();
  const Exporter exporter("127.0.0.1", collector->bound()[0]);
  seen_->set_gate(false);
  exporter.send(as_bytes(netflow_v5(1, 0)));
  seen_->wait([&] { return seen_->waiting; });
  for (std::uint32_t i = 0; i < 100; ++i) exporter.send(as_bytes(netflow_v5(1, 1 + i)));
  std::thread stopper([&] { collector->stop(std::chrono::steady_clock::now()); });
  seen_->set_gate(true);
  stopper.join();
  const CollectorStatus status = collector->status();
  EXPECT_EQ(status.arrivals().in, 101U);
  EXPECT_EQ(status.arrivals().out + status.arrivals().dropped_for(ArrivalDrop::kClosing), 101U);
  expect_balanced(status);
}

TEST_F(CollectorTest, ReopensEverySink) {
  const auto collector = start();
  collector->reopen();
  EXPECT_EQ(seen_->reopened, 1U);
}

// The product's promise: under more load than the machine can take, every flow that was sent is accounted for.
TEST_F(CollectorTest, LedgerBalancesToTheFlowUnderOverload) {
  constexpr std::uint16_t kFlowsEach = 30;
  constexpr std::uint32_t kEach = 4000;
  constexpr int kExporters = 3;
  options_.receive_buffer = 32 * 1024;
  const auto collector = start(300);  // the sink takes less than the sockets' buffers hold
  const SocketAddress to = collector->bound()[0];

  // Holding up the sink at first makes sure that the kernel has to drop, however fast this machine is.
  seen_->set_gate(false);
  std::atomic<int> sending = kExporters;
  std::vector<std::thread> exporters;
  for (int e = 1; e <= kExporters; ++e) {
    exporters.emplace_back([&, e] {
      const Exporter exporter("127.0.0." + std::to_string(e), to);
      for (std::uint32_t i = 0; i < kEach; ++i) {
        if (i == kEach / 2) seen_->set_gate(true);
        exporter.send(as_bytes(netflow_v5(kFlowsEach, i * kFlowsEach)));
      }
      --sending;
    });
  }
  seen_->wait([&] { return seen_->gate_open; });
  while (sending > 0) expect_balanced(collector->status());  // at every moment, not only at the end
  for (std::thread& thread : exporters) thread.join();
  collector->stop(in_seconds(60));

  const CollectorStatus status = collector->status();
  expect_balanced(status);
  const Account<ArrivalDrop> arrivals = status.arrivals();
  EXPECT_EQ(arrivals.in, std::uint64_t{kEach} * kExporters) << "every datagram that was sent";
  EXPECT_GT(arrivals.dropped_for(ArrivalDrop::kKernel), 0U) << "this was no overload";
  EXPECT_EQ(arrivals.dropped_total(), arrivals.dropped_for(ArrivalDrop::kKernel));

  const std::uint64_t sent = std::uint64_t{kEach} * kExporters * kFlowsEach;
  const std::uint64_t lost_in_kernel = arrivals.dropped_for(ArrivalDrop::kKernel) * kFlowsEach;
  EXPECT_EQ(sent, lost_in_kernel + status.totals().flows);
  ASSERT_EQ(status.sinks.size(), 1U);
  const Account<SinkDrop>& sink = status.sinks[0].flows;
  EXPECT_EQ(status.totals().flows, sink.out + sink.held + sink.dropped_total());
  EXPECT_GT(sink.dropped_for(SinkDrop::kQueueFull), 0U);
  EXPECT_EQ(seen_->flows, status.totals().flows);
}

}  // namespace
}  // namespace weir
