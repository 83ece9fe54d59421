// Live capture of much: overload, threads, packets that the kernel put together. Needs root.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <set>
#include <thread>

#include "exporter/capture/offloads.h"
#include "tests/exporter/capture_live_rig.h"

namespace weir {
namespace {

using test::Buffer;
using test::FrameSender;
using test::ip;
using test::LiveCaptureTest;
using test::Seen;
using test::udp_frame;
using test::operator+;
using namespace std::chrono_literals;

TEST_F(LiveCaptureTest, NamesOffloadsThatDistortCounts) {
  test::add_cable("a", "b");
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  const Offloads blind = distorting_offloads(socket.get(), "a", false);
  EXPECT_THAT(blind.names, testing::HasSubstr("gso tso"));
  EXPECT_THAT(blind.advice, testing::StartsWith("ethtool -K a "));
  EXPECT_THAT(blind.advice, testing::HasSubstr(" gso off tso off"));
  EXPECT_EQ(distorting_offloads(socket.get(), "a", true).advice, "");
}

TEST_F(LiveCaptureTest, DropsUnderOverloadAreCountedExactly) {
  test::add_cable("a", "b");
  auto tiny = options({"a"});
  tiny.block_size = 16 << 10;
  tiny.blocks = 2;
  open(tiny);
  constexpr unsigned kSent = 20'000;
  FrameSender sender("a");
  const Buffer frame = udp_frame(1, 2);
  std::size_t got = 0;
  for (unsigned sent = 0; sent < kSent; sent += 1000) {
    sender.send(frame, 1000);
    std::vector<Seen> batch;
    take_batch(batch, 0, 0ms);
    got += batch.size();
    const auto now = status("a").stats.packets;
    EXPECT_TRUE(now.balanced());
    EXPECT_EQ(now.in, sent + 1000);
  }
  got += take_all().size();
  const auto stats = status("a").stats;
  EXPECT_EQ(stats.packets.in, kSent);
  EXPECT_EQ(stats.packets.out, got);
  EXPECT_EQ(stats.packets.held, 0U);
  EXPECT_GT(stats.packets.dropped_for(CaptureDrop::kRingFull), 0U);
  EXPECT_EQ(got + stats.packets.dropped_for(CaptureDrop::kRingFull), kSent);
  EXPECT_GT(stats.freezes, 0U);
}

TEST_F(LiveCaptureTest, ThreadsShareAndKeepConversationsTogether) {
  test::add_cable("a", "b");
  auto shared = options({"a"});
  shared.threads = 2;
  open(shared);
  FrameSender from_a("a"), from_b("b");
  constexpr unsigned kConversations = 200;
  for (unsigned i = 0; i < kConversations; ++i) {
    Buffer there = udp_frame(1000 + i, 53), back = udp_frame(53, 1000 + i);
    std::swap_ranges(back.begin() + 26, back.begin() + 30, back.begin() + 30);
    from_b.send(there);
    from_a.send(back);
  }
  std::map<unsigned, std::set<unsigned>> threads_of;
  std::size_t all = 0;
  EXPECT_TRUE(test::wait_until([&] {
    for (unsigned t = 0; t < 2; ++t) {
      const auto frames = capture_->source(t).next(1ms);
      for (const Frame& frame : *frames) {
        const unsigned from = load_be16(frame.data + 34), to = load_be16(frame.data + 36);
        threads_of[std::max(from, to)].insert(t);
        ++all;
      }
    }
    return all >= 2 * kConversations;
  }));
  EXPECT_EQ(all, 2 * kConversations);
  EXPECT_EQ(threads_of.size(), kConversations);
  std::size_t first = 0;
  for (const auto& [port, threads] : threads_of) {
    EXPECT_EQ(threads.size(), 1U) << port;
    first += threads.contains(0) ? 1U : 0U;
  }
  EXPECT_GT(first, 0U);
  EXPECT_LT(first, kConversations);
  EXPECT_EQ(status("a").stats.packets.out, 2 * kConversations);
}

// Sends `size` bytes over TCP to 10.9.0.2, in the namespace `server`.
void transfer(const test::NetNamespace& client, const test::NetNamespace& server, std::size_t size) {
  server.enter();
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(5001);
  ::inet_pton(AF_INET, "10.9.0.2", &address.sin_addr);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  std::thread reader([&] {
    const UniqueFd connection(::accept(listener.get(), nullptr, nullptr));
    std::vector<char> buffer(1 << 20);
    while (::read(connection.get(), buffer.data(), buffer.size()) > 0) {
    }
  });
  client.enter();
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::vector<char> data(size);
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t n = ::write(socket.get(), data.data() + sent, size - sent);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  ::shutdown(socket.get(), SHUT_WR);
  char end = 0;
  EXPECT_EQ(::read(socket.get(), &end, 1), 0);
  reader.join();
}

TEST_F(LiveCaptureTest, SuperPacketsTellTheirSegments) {
  const test::NetNamespace server;
  net_->enter();
  test::add_cable("a", "b");
  ip("link set dev b netns " + server.path());
  ip("addr add 10.9.0.1/24 dev a");
  server.enter();
  ip("link set dev b up");
  ip("addr add 10.9.0.2/24 dev b");
  net_->enter();
  auto larger = options({"a"});
  larger.filter = "src host 10.9.0.1 and tcp";
  open(larger);
  constexpr std::size_t kSize = 3'000'000;
  transfer(*net_, server, kSize);
  // By their sequence numbers, since TCP may send some twice.
  std::size_t super_packets = 0, ends_at = 0;
  std::set<std::size_t> segments;  // where each begins
  std::optional<std::uint32_t> first;
  constexpr std::size_t kMss = 1448;
  for (const Seen& s : take_all()) {
    const std::uint32_t sequence = load_be32(&s.bytes[38]);
    if (!first) {  // the SYN
      first = sequence + 1;
      continue;
    }
    const std::size_t payload = s.frame.wire_length - 34 - std::size_t{s.bytes[46]} / 16 * 4;
    if (s.frame.segment_size == 0) {
      EXPECT_LE(payload, kMss);
    } else {
      ++super_packets;
      EXPECT_EQ(s.frame.segment_size, kMss);
      EXPECT_GT(payload, kMss);
    }
    for (std::size_t at = 0; at < payload; at += kMss) segments.insert(sequence - *first + at);
    if (payload != 0) ends_at = std::max(ends_at, sequence - *first + payload);
  }
  // Every segment begins where the one before it ends, after one MSS or less.
  std::size_t reached = 0;
  for (const std::size_t begin : segments) {
    EXPECT_LE(begin, reached + kMss);
    reached = begin;
  }
  EXPECT_EQ(ends_at, kSize);
  EXPECT_GE(segments.size(), (kSize + kMss - 1) / kMss);
  EXPECT_GT(super_packets, 0U);
  EXPECT_EQ(status("a").stats.super_packets, super_packets);
  EXPECT_EQ(status("a").stats.packets.dropped_total(), 0U);
}

}  // namespace
}  // namespace weir
