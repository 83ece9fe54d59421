// Live capture in a network namespace of the test's own. Needs root.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/capture/live_capture.h"
#include "tests/packet/frames.h"
#include "tests/support/network.h"
#include "tests/support/process.h"

namespace weir::test {

using namespace std::chrono_literals;

inline Buffer udp_frame(unsigned from, unsigned to) { return ethernet(0x0800, ipv4(17, udp(from, to, Buffer(30)))); }

struct Seen {
  Frame frame;
  Buffer bytes;
};

class LiveCaptureTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!NetNamespace::available()) GTEST_SKIP() << "needs root, ip and network namespaces";
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
    const bool empty = wait_until([&] {
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
    return wait_until([&] {
      const auto now = status(name);
      return now.index == index && (index == 0 || now.up);
    });
  }

  std::optional<NetNamespace> net_;
  std::unique_ptr<LiveCapture> capture_;
};

inline std::size_t count(const std::vector<Seen>& seen, PacketDirection direction) {
  return static_cast<std::size_t>(std::ranges::count(seen, direction, [](const Seen& s) { return s.frame.direction; }));
}

}  // namespace weir::test
