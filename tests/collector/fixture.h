// A running collector with one TestSink, on ports of the system's choice.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "collector/collector.h"
#include "tests/collector/export_messages.h"
#include "tests/collector/loopback.h"
#include "tests/collector/test_sink.h"

namespace weir {

inline std::chrono::steady_clock::time_point in_seconds(int n) {
  return std::chrono::steady_clock::now() + std::chrono::seconds(n);
}

class CollectorFixture : public testing::Test {
 protected:
  CollectorFixture() {
    options_.listen = {parse_listen_spec("udp://127.0.0.1:0").value()};
    options_.workers = 2;
    options_.receive_buffer = 1 << 20;
    options_.flush_interval = std::chrono::milliseconds(1);
  }

  // A sink with room for so many flows (0: any number).
  Result<std::unique_ptr<Collector>> try_start(std::uint64_t room = 0) {
    seen_ = std::make_shared<Seen>();
    std::vector<std::unique_ptr<Sink>> sinks;
    sinks.push_back(std::make_unique<TestSink>(seen_, room));
    return Collector::start(options_, std::move(sinks));
  }
  std::unique_ptr<Collector> start(std::uint64_t room = 0) {
    auto started = try_start(room);
    EXPECT_TRUE(started) << started.error().message;
    return std::move(*started);
  }

  // Polls until `condition(status)`; the test's own time limit ends it otherwise.
  template <typename Condition>
  static CollectorStatus wait_for(const Collector& collector, Condition condition) {
    for (;;) {
      CollectorStatus status = collector.status();
      if (condition(status)) return status;
      std::this_thread::yield();
    }
  }

  static void expect_balanced(const CollectorStatus& status) {
    for (const std::string& wrong : status.imbalances()) ADD_FAILURE() << wrong;
  }

  // A new directory for this test, empty.
  static std::filesystem::path fresh_directory() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::filesystem::path directory =
        std::filesystem::path(testing::TempDir()) /
        (std::string("weir_") + test->test_suite_name() + "_" + test->name() + "_" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    return directory;
  }

  CollectorOptions options_;
  std::shared_ptr<Seen> seen_;
};

}  // namespace weir
