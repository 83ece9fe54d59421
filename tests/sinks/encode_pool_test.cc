#include "sinks/encode_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace weir {
namespace {

TEST(EncodePoolTest, RunsEverythingBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    EncodePool pool(3);
    for (int i = 0; i < 10'000; ++i) pool.post([&] { ++ran; });
  }
  EXPECT_EQ(ran, 10'000);
}

TEST(EncodePoolTest, ThreadsWorkAtTheSameTime) {
  std::latch together(3);
  EncodePool pool(3);
  for (int i = 0; i < 3; ++i) pool.post([&] { together.arrive_and_wait(); });
  together.wait();
}

}  // namespace
}  // namespace weir
