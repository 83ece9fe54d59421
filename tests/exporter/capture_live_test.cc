// Live capture in network namespaces of the tests' own. Needs root.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.h"
#include "exporter/capture/live_capture.h"
#include "exporter/capture/offloads.h"
#include "exporter/capture/privileges.h"
#include "tests/packet/frames.h"
#include "tests/support/network.h"
#include "tests/support/process.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using test::be16;
using test::Buffer;
using test::operator+;
using test::ethernet;
using test::FrameSender;
using test::hex;
using test::ip;

Buffer udp_frame(unsigned from, unsigned to) {
  return ethernet(0x0800, test::ipv4(17, test::udp(from, to, Buffer(30))));
}

struct Seen {
  Frame frame;
  Buffer bytes;
};

class LiveCaptureTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::NetNamespace::available()) GTEST_SKIP() << "needs root, ip and network namespaces";
    net_.emplace();
  }

  static CaptureOptions options(std::vector<std::string> interfaces) {
    CaptureOptions options;
    options.interfaces = std::move(interfaces);
    options.block_size = 256 << 10;
    options.retire_ms = 5;
    return options;
  }

  void open_only(const CaptureOptions& options) {
    auto opened = LiveCapture::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    capture_ = std::move(*opened);
  }
  void open(const CaptureOptions& options) {
    open_only(options);
    if (capture_) capture_->follow();
  }

  // Everything up to `n` frames, or what has come after a long while.
  std::vector<Seen> take(std::size_t n, unsigned thread = 0) {
    std::vector<Seen> seen;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (seen.size() < n && std::chrono::steady_clock::now() < deadline) take_batch(seen, thread, 50ms);
    return seen;
  }

  // What comes until nothing is held any more.
  std::vector<Seen> take_all(unsigned thread = 0) {
    std::vector<Seen> seen;
    auto& source = capture_->source(thread);
    const bool empty = test::wait_until([&] {
      take_batch(seen, thread, 1ms);
      return source.stats().packets.held == 0;
    });
    EXPECT_TRUE(empty);
    return seen;
  }

  void take_batch(std::vector<Seen>& seen, unsigned thread, std::chrono::milliseconds wait) {
    const auto frames = capture_->source(thread).next(wait);
    ASSERT_TRUE(frames);
    for (const Frame& frame : *frames) seen.push_back({frame, Buffer(frame.data, frame.data + frame.captured)});
    EXPECT_TRUE(capture_->source(thread).stats().packets.balanced());
  }

  InterfaceStatus status(const std::string& name) {
    for (auto& each : capture_->interfaces())
      if (each.name == name) return each;
    return {};
  }
  bool wait_for(const std::string& name, std::uint32_t index) {
    return test::wait_until([&] {
      const auto now = status(name);
      return now.index == index && (index == 0 || now.up);
    });
  }

  std::optional<test::NetNamespace> net_;
  std::unique_ptr<LiveCapture> capture_;
};

std::size_t count(const std::vector<Seen>& seen, PacketDirection direction) {
  return static_cast<std::size_t>(std::ranges::count(seen, direction, [](const Seen& s) { return s.frame.direction; }));
}

TEST_F(LiveCaptureTest, SeesBothDirectionsExactly) {
  test::add_cable("a", "b");
  open(options({"a"}));
  const std::uint64_t before = wall_time_ns();
  const Buffer frame = udp_frame(1000, 7);
  FrameSender("a").send(frame, 100);
  Buffer inwards = frame;
  inwards[5] = 1;  // to a's address
  inwards[0] = 2, inwards[1] = inwards[2] = inwards[3] = inwards[4] = 0;
  FrameSender("b").send(inwards, 150);
  const auto seen = take(250);
  EXPECT_EQ(seen.size(), 250U);
  EXPECT_EQ(count(seen, PacketDirection::kOut), 100U);
  EXPECT_EQ(count(seen, PacketDirection::kIn), 150U);
  for (const auto& [each, bytes] : seen) {
    EXPECT_EQ(bytes, each.direction == PacketDirection::kOut ? frame : inwards);
    EXPECT_EQ(each.wire_length, frame.size());
    EXPECT_EQ(each.interface, ::if_nametoindex("a"));
    EXPECT_EQ(each.link_type, LinkType::kEthernet);
    EXPECT_EQ(each.segment_size, 0U);
    EXPECT_FALSE(each.has_vlan);
    EXPECT_GE(each.time_ns, before);
    EXPECT_LE(each.time_ns, wall_time_ns());
  }
  const auto now = status("a");
  EXPECT_TRUE(now.up);
  EXPECT_EQ(now.stats.packets.in, 250U);
  EXPECT_EQ(now.stats.packets.out, 250U);
  EXPECT_EQ(now.last_error, "");
  EXPECT_EQ(now.offloads, "");
}

TEST_F(LiveCaptureTest, CutsAtSnaplenAndTellsTheWireLength) {
  test::add_cable("a", "b");
  auto cut = options({"a"});
  cut.snaplen = 100;
  open(cut);
  const Buffer frame = ethernet(0x0800, test::ipv4(17, test::udp(1, 2, Buffer(1000))));
  FrameSender("b").send(frame);
  const auto seen = take(1);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].frame.captured, 100U);
  EXPECT_EQ(seen[0].frame.wire_length, frame.size());
}

TEST_F(LiveCaptureTest, FiltersByDefaultForIp) {
  test::add_cable("a", "b");
  open(options({"a"}));
  FrameSender sender("b");
  sender.send(ethernet(0x0806, Buffer(46)), 10);
  sender.send(ethernet(0x88cc, Buffer(46)), 10);
  sender.send(ethernet(0x86dd, test::ipv6(17, test::udp(1, 2, {}))), 3);
  sender.send(udp_frame(1, 2));
  EXPECT_EQ(take(4).size(), 4U);
  EXPECT_EQ(take_all().size(), 0U);
  EXPECT_EQ(status("a").stats.packets.in, 4U);
}

TEST_F(LiveCaptureTest, FiltersAsAsked) {
  test::add_cable("a", "b");
  auto filtered = options({"a"});
  filtered.filter = "udp port 7";
  open(filtered);
  FrameSender sender("b");
  sender.send(udp_frame(1000, 8), 10);
  sender.send(udp_frame(1000, 7), 5);
  EXPECT_EQ(take(5).size(), 5U);
  EXPECT_EQ(status("a").stats.packets.in, 5U);
}

TEST_F(LiveCaptureTest, TellsTheTagThatTheKernelTookOff) {
  test::add_cable("a", "b");
  open(options({"a"}));
  const Buffer packet = be16(0x0800) + test::ipv4(17, test::udp(1, 2, Buffer(30)));
  FrameSender("b").send(ethernet(0x8100, be16(0x6005) + packet));
  FrameSender("b").send(ethernet(0x88a8, be16(0x0007) + be16(0x8100) + be16(0x0008) + packet));
  FrameSender("a").send(ethernet(0x8100, be16(0x0009) + packet));
  const auto seen = take(3);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_TRUE(seen[0].frame.has_vlan);
  EXPECT_EQ(seen[0].frame.vlan_tci, 0x6005U);
  EXPECT_EQ(Buffer(seen[0].bytes.begin() + 12, seen[0].bytes.begin() + 14), be16(0x0800));
  EXPECT_TRUE(seen[1].frame.has_vlan);
  EXPECT_EQ(seen[1].frame.vlan_tci, 7U);
  EXPECT_EQ(Buffer(seen[1].bytes.begin() + 12, seen[1].bytes.begin() + 16), be16(0x8100) + be16(8));
  // A packet socket's own frame goes out with the tag in it.
  EXPECT_FALSE(seen[2].frame.has_vlan);
  EXPECT_EQ(Buffer(seen[2].bytes.begin() + 12, seen[2].bytes.begin() + 16), be16(0x8100) + be16(9));
}

TEST_F(LiveCaptureTest, VlanInAFilterMeansAlsoTagsTakenOff) {
  test::add_cable("a", "b");
  auto filtered = options({"a"});
  filtered.filter = "vlan 5 and udp port 7";
  open(filtered);
  const Buffer packet = be16(0x0800) + test::ipv4(17, test::udp(1, 7, Buffer(30)));
  FrameSender("b").send(udp_frame(1, 7));
  FrameSender("b").send(ethernet(0x8100, be16(6) + packet));
  FrameSender("b").send(ethernet(0x8100, be16(5) + packet));
  const auto seen = take(1);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].frame.vlan_tci, 5U);
  EXPECT_EQ(status("a").stats.packets.in, 1U);
}

TEST_F(LiveCaptureTest, TheLoopbackCountsOnce) {
  open(options({"lo"}));
  FrameSender("lo").send(udp_frame(1000, 7), 20);
  const auto seen = take(20);
  EXPECT_EQ(seen.size(), 20U);
  EXPECT_EQ(take_all().size(), 0U);
  EXPECT_EQ(status("lo").stats.packets.in, 20U);
}

TEST_F(LiveCaptureTest, TunnelsGiveRawIp) {
  const test::TunInterface tun("tun7", ARPHRD_NONE);
  open(options({"tun7"}));
  const Buffer packet = test::ipv4(17, test::udp(1, 2, Buffer(30)));
  tun.arrive(packet);
  tun.arrive(test::ipv6(17, test::udp(1, 2, Buffer(30))));
  const auto seen = take(2);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].frame.link_type, LinkType::kRaw);
  EXPECT_EQ(seen[0].frame.direction, PacketDirection::kIn);
  EXPECT_EQ(seen[0].bytes, packet);
  EXPECT_EQ(seen[0].frame.wire_length, packet.size());
  EXPECT_EQ(status("tun7").link_type, LinkType::kRaw);
}

TEST_F(LiveCaptureTest, AnUnknownLinkTypeIsAClearError) {
  const test::TunInterface tun("tun7", ARPHRD_IEEE802154);
  const auto opened = LiveCapture::open(options({"tun7"}));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::AllOf(testing::HasSubstr("tun7"), testing::HasSubstr("802.15.4 (804)")));
  open(options({"any"}));
  EXPECT_THAT(status("tun7").last_error, testing::HasSubstr("802.15.4 (804)"));
  EXPECT_EQ(status("lo").last_error, "");
}

TEST_F(LiveCaptureTest, ErrorsSayWhatToDo) {
  test::add_cable("a", "b");
  const auto none = LiveCapture::open(options({"eth7", "eth8"}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "there is no interface eth7; there are: lo, b, a");
  auto filtered = options({"a"});
  filtered.filter = "port port";
  const auto bad = LiveCapture::open(filtered);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, testing::HasSubstr("syntax error"));
  auto shape = options({"a"});
  shape.block_size = 1000;
  EXPECT_FALSE(LiveCapture::open(shape));
}

TEST_F(LiveCaptureTest, AnInterfaceThatComesBackIsCapturedAgain) {
  for (const unsigned threads : {1U, 2U}) {
    test::add_cable("a", "b");
    auto shared = options({"a"});
    shared.threads = threads;
    open(shared);
    const auto take_both = [&] {
      std::size_t n = 0;
      EXPECT_TRUE(test::wait_until([&] {
        for (unsigned t = 0; t < threads; ++t) n += capture_->source(t).next(1ms)->size();
        return n >= 10;
      }));
      return n;
    };
    FrameSender("b").send(udp_frame(1, 2), 10);
    EXPECT_EQ(take_both(), 10U);
    for (int round = 0; round < 3; ++round) {
      ip("link del dev a");
      EXPECT_TRUE(wait_for("a", 0));
      test::add_cable("a", "b");
      EXPECT_TRUE(wait_for("a", ::if_nametoindex("a")));
      FrameSender("b").send(udp_frame(1, 2), 10);
      EXPECT_EQ(take_both(), 10U);
    }
    EXPECT_EQ(status("a").stats.packets.in, 40U);
    EXPECT_EQ(status("a").stats.packets.out, 40U);
    // Only down and up again: the same life.
    ip("link set dev a down");
    EXPECT_TRUE(test::wait_until([&] { return !status("a").up; }));
    ip("link set dev a up");
    EXPECT_TRUE(wait_for("a", ::if_nametoindex("a")));
    FrameSender("b").send(udp_frame(1, 2), 10);
    EXPECT_EQ(take_both(), 10U);
    capture_.reset();
    ip("link del dev a");
  }
}

TEST_F(LiveCaptureTest, ANameIsWaitedFor) {
  open(options({"lo", "a"}));
  EXPECT_EQ(status("a").index, 0U);
  test::add_cable("a", "b");
  EXPECT_TRUE(wait_for("a", ::if_nametoindex("a")));
  FrameSender("b").send(udp_frame(1, 2), 10);
  EXPECT_EQ(take(10).size(), 10U);
}

TEST_F(LiveCaptureTest, RenamedInterfacesFollowTheirNames) {
  test::add_cable("a", "b");
  open(options({"a"}));
  ip("link set dev a down");
  ip("link set dev a name c");
  ip("link set dev c up");
  EXPECT_TRUE(wait_for("a", 0));
  FrameSender("b").send(udp_frame(1, 2), 10);
  ip("link set dev c down");
  ip("link set dev c name a");
  ip("link set dev a up");
  EXPECT_TRUE(wait_for("a", ::if_nametoindex("a")));
  FrameSender("b").send(udp_frame(1, 3), 5);
  EXPECT_EQ(take(5).size(), 5U);
  EXPECT_EQ(status("a").stats.packets.in, 5U);
}

TEST_F(LiveCaptureTest, PatternsTakeWhatComes) {
  test::add_cable("a", "b");
  open(options({"any", "!b", "!d", "!/^x/"}));
  EXPECT_THAT(capture_->interfaces(), testing::SizeIs(2));  // lo, a
  test::add_cable("c", "d");
  EXPECT_TRUE(wait_for("c", ::if_nametoindex("c")));
  FrameSender("b").send(udp_frame(1, 2), 10);
  FrameSender("d").send(udp_frame(1, 2), 20);
  const auto seen = take(30);
  std::map<unsigned, unsigned> by_interface;
  for (const Seen& s : seen) ++by_interface[s.frame.interface];
  EXPECT_THAT(by_interface, testing::ElementsAre(testing::Pair(::if_nametoindex("a"), 10U),
                                                 testing::Pair(::if_nametoindex("c"), 20U)));
}

// More interfaces come and go than sockets were set aside.
TEST_F(LiveCaptureTest, SocketsOfInterfacesThatWentServeTheNext) {
  open(options({"/^t/"}));
  const Buffer packet = test::ipv4(17, test::udp(1, 2, Buffer(30)));
  constexpr unsigned kRounds = 70;
  for (unsigned i = 0; i < kRounds; ++i) {
    const std::string name = "t" + std::to_string(i);
    const test::TunInterface tun(name, ARPHRD_NONE);
    ASSERT_TRUE(wait_for(name, ::if_nametoindex(name.c_str()))) << name;
    ASSERT_EQ(status(name).last_error, "");
    tun.arrive(packet);
    ASSERT_EQ(take(1).size(), 1U) << name;
  }
  EXPECT_EQ(capture_->source(0).stats().packets.out, kRounds);
}

TEST_F(LiveCaptureTest, SaysWhenNoSocketsAreLeft) {
  open(options({"/^t/"}));
  std::list<test::TunInterface> tuns;
  for (unsigned i = 0; i < 65; ++i) tuns.emplace_back("t" + std::to_string(i), ARPHRD_NONE);
  EXPECT_TRUE(wait_for("t64", ::if_nametoindex("t64")));
  EXPECT_EQ(status("t63").last_error, "");
  EXPECT_THAT(status("t64").last_error, testing::HasSubstr("start weir again"));
}

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

// Runs `body` in a child, which says what went wrong on its standard error.
template <typename Body>
void in_child(Body body) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int result = -1;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
}

TEST(LiveCapturePrivileges, WithoutThemTheErrorSaysHowToGetThem) {
  in_child([] {
    if (::geteuid() == 0) {
      EXPECT_EQ(::setuid(65534), 0);
    }
    CaptureOptions options;
    options.interfaces = {"lo"};
    const auto opened = LiveCapture::open(options);
    ASSERT_FALSE(opened);
    using testing::HasSubstr;
    EXPECT_THAT(opened.error().message,
                testing::AllOf(HasSubstr("CAP_NET_RAW"), HasSubstr("sudo setcap cap_net_raw+ep $(command -v weir)"),
                               HasSubstr("AmbientCapabilities=CAP_NET_RAW")));
  });
}

TEST(LiveCapturePrivileges, AnUnknownUserIsAnError) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto dropped = drop_privileges("no-such-user-here");
  ASSERT_FALSE(dropped);
  EXPECT_THAT(dropped.error().message, testing::HasSubstr("no-such-user-here"));
}

// The parent, who keeps its rights, takes the interface away and puts another there.
TEST_F(LiveCaptureTest, GoesOnWithoutPrivileges) {
  test::add_cable("a", "b");
  int ready[2], more[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(more, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto patterns = options({"a", "/^c/"});
    open_only(patterns);
    EXPECT_TRUE(drop_privileges("nobody"));
    capture_->follow();
    EXPECT_NE(::geteuid(), 0U);
    EXPECT_LT(::socket(AF_PACKET, SOCK_RAW, 0), 0);
    EXPECT_NE(::seteuid(0), 0);
    const std::string own = test::slurp("/proc/thread-self/status");
    for (const char* set : {"CapPrm", "CapEff", "CapInh", "CapAmb", "CapBnd"})
      EXPECT_THAT(own, testing::HasSubstr(std::string(set) + ":\t0000000000000000\n"));
    EXPECT_THAT(own, testing::HasSubstr("NoNewPrivs:\t1\n"));
    char byte = 'r';
    EXPECT_EQ(::write(ready[1], &byte, 1), 1);
    EXPECT_EQ(::read(more[0], &byte, 1), 1);
    EXPECT_TRUE(wait_for("a", ::if_nametoindex("a")));
    EXPECT_TRUE(wait_for("c", ::if_nametoindex("c")));
    EXPECT_EQ(::write(ready[1], &byte, 1), 1);
    EXPECT_EQ(take(20).size(), 20U);
    capture_.reset();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  ::close(ready[1]);
  char byte = 'm';
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ip("link del dev a");
  test::add_cable("a", "b");
  test::add_cable("c", "d");
  EXPECT_EQ(::write(more[1], &byte, 1), 1);
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  FrameSender("b").send(udp_frame(1, 2), 10);
  FrameSender("d").send(udp_frame(1, 2), 10);
  int result = -1;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace weir
