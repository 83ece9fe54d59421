// A collector that receives what a netflow sink sends, and flows to send.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "collector/collector.h"
#include "exporter/generator/flow_generator.h"
#include "sinks/sink.h"
#include "tests/collector/keeping_sink.h"

namespace weir {

// A collector on loopback that keeps all flows.
class Receiver {
 public:
  explicit Receiver(const std::string& listen = "udp://127.0.0.1:0", const TcpOptions& tcp = {}) {
    CollectorOptions options;
    options.listen = {parse_listen_spec(listen).value()};
    options.workers = 1;
    options.receive_buffer = 4 << 20;
    options.flush_interval = std::chrono::milliseconds(1);
    options.tcp = tcp;
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<KeepingSink>(kept_));
    auto started = Collector::start(options, std::move(sinks));
    EXPECT_TRUE(started) << started.error().message;
    collector_ = std::move(*started);
  }

  Collector& collector() { return *collector_; }
  Kept& kept() { return *kept_; }
  std::string port() const { return std::to_string(collector_->bound()[0].port()); }
  CollectorStatus status() const { return collector_->status(); }
  Account<ConnectionDrop> connections() const { return status().tcp.connections; }
  void stop() { collector_->stop(std::chrono::steady_clock::now() + std::chrono::seconds(60)); }

 private:
  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
  std::unique_ptr<Collector> collector_;
};

// Polls until `condition`; the test's own time limit ends it otherwise.
template <typename Condition>
void poll_until(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

inline std::unique_ptr<Sink> open_resending(const std::string& spec, WhenFull when_full = WhenFull::kWait,
                                            std::size_t queue_batches = 128) {
  auto sink = open_sink(spec, {nullptr, when_full, queue_batches});
  EXPECT_TRUE(sink) << sink.error().message;
  return sink ? std::move(*sink) : nullptr;
}

inline void close_patiently(Sink& sink) { sink.close(std::chrono::steady_clock::now() + std::chrono::seconds(60)); }

inline Origin origin_of(const std::string& exporter, std::uint32_t domain,
                        FlowProtocol protocol = FlowProtocol::kNetflowV9) {
  Origin origin{};
  origin.time_received_ns = wall_time_ns();
  const IpAddress address = IpAddress::parse(exporter).value();
  origin.sampler_address = address.bytes;
  origin.sampler_address_family = address.family;
  origin.observation_domain_id = domain;
  origin.protocol = protocol;
  return origin;
}

// Flows of realistic kinds in one batch; at most some 1,400 fit.
class FlowSource {
 public:
  explicit FlowSource(double ipv6_share = 0.3, std::uint64_t seed = 5)
      : generator_({.seed = seed, .ipv6_share = ipv6_share}) {}

  BatchRef batch(std::size_t flows, const Origin& origin = origin_of("192.0.2.1", 7), std::uint32_t sampling = 0) {
    BatchRef made;
    BatchWriter writer(pool_, [&](BatchRef batch) {
      EXPECT_EQ(made, nullptr) << "too many flows for one batch";
      made = std::move(batch);
    });
    writer.set_origin(origin);
    for (std::size_t i = 0; i < flows; ++i) {
      Flow& flow = *writer.add();
      const std::uint32_t at = flow.origin;
      flow = generator_.next(wall_time_ns());
      flow.origin = at;
      flow.cold = 0;
      flow.extras = 0;
      flow.sampling_rate = sampling;
    }
    writer.flush();
    return made;
  }

 private:
  FlowGenerator generator_;
  std::shared_ptr<BatchPool> pool_ = BatchPool::create();
};

// What every protocol carries of a flow, times in whole milliseconds, one line each, sorted.
inline std::vector<std::string> described(const std::vector<BatchRef>& batches) {
  std::vector<std::string> lines;
  for (const BatchRef& batch : batches) {
    for (const Flow& f : batch->flows()) {
      std::string line = IpAddress{f.src_addr, f.src_addr_family}.to_string() + ">" +
                         IpAddress{f.dst_addr, f.dst_addr_family}.to_string();
      for (const std::uint64_t n : {f.bytes, f.packets, f.time_flow_start_ns / kNsPerMs, f.time_flow_end_ns / kNsPerMs,
                                    std::uint64_t{f.proto}, std::uint64_t{f.src_port}, std::uint64_t{f.tcp_flags},
                                    std::uint64_t{f.ip_tos}, std::uint64_t{f.in_if}, std::uint64_t{f.out_if}}) {
        line += " " + std::to_string(n);
      }
      lines.push_back(std::move(line));
    }
  }
  std::ranges::sort(lines);
  return lines;
}

}  // namespace weir
