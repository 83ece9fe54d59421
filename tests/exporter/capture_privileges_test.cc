// What live capture needs rights for, and that it goes on without them. Needs root.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exporter/capture/privileges.h"
#include "tests/exporter/capture_live_rig.h"

namespace weir {
namespace {

using test::FrameSender;
using test::ip;
using test::LiveCaptureTest;
using test::udp_frame;

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
