// What the tests of sinks share: a directory of their own, waiting for conditions, pools.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include "sinks/encode_pool.h"
#include "sinks/sink.h"

namespace weir::sample {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-sinks-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Waits until `condition` holds; fails the test when it never does.
template <typename Condition>
void wait_for(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "waited in vain";
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

inline SinkContext context(WhenFull when_full = WhenFull::kWait, std::size_t queue_batches = 128) {
  static const auto pool = std::make_shared<EncodePool>(4);
  return {pool, when_full, queue_batches};
}

inline std::unique_ptr<Sink> open_or_fail(const std::string& spec, const SinkContext& with = context()) {
  auto sink = open_sink(spec, with);
  EXPECT_TRUE(sink.has_value()) << (sink ? "" : sink.error().message);
  return sink ? *std::move(sink) : nullptr;
}

inline std::string open_error(const std::string& spec) {
  const auto sink = open_sink(spec, context());
  return sink ? "no error" : sink.error().message;
}

inline void close_within(Sink& sink, std::chrono::milliseconds time) {
  sink.close(std::chrono::steady_clock::now() + time);
}
inline void close_patiently(Sink& sink) { close_within(sink, std::chrono::seconds(60)); }

}  // namespace weir::sample
