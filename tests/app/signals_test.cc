// Signals that come before there is somebody to take them.
#include "app/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <future>
#include <optional>

namespace weir::test {
namespace {

TEST(Signals, ThoseThatAreHeldComeToTheHandler) {
  std::promise<void> stop;
  auto stopped = stop.get_future();
  auto held = std::optional<SignalsHeld>(std::in_place);
  ::kill(::getpid(), SIGTERM);
  const SignalHandler handler([&stop] { stop.set_value(); });
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  held.reset();
  EXPECT_EQ(stopped.wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

}  // namespace
}  // namespace weir::test
