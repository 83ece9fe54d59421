// Interfaces that come, go, and are renamed while they are captured. Needs root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <list>
#include <map>

#include "tests/exporter/capture_live_rig.h"

namespace weir {
namespace {

using test::Buffer;
using test::FrameSender;
using test::ip;
using test::LiveCaptureTest;
using test::Seen;
using test::udp_frame;
using namespace std::chrono_literals;

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

}  // namespace
}  // namespace weir
