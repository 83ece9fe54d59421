#include "sinks/batch_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/sinks/sample_flows.h"
#include "tests/sinks/sink_test_util.h"

namespace weir {
namespace {

using namespace sample;
using Clock = BatchQueue::Clock;

BatchRef batch(std::uint64_t flows) { return numbered(1, flows, 0).front(); }

TEST(BatchQueue, GivesBatchesInOrderAndKeepsAccount) {
  int woken = 0;
  BatchQueue queue(context(WhenFull::kDrop, 2), [&] { ++woken; });
  EXPECT_FALSE(queue.try_take());
  for (const std::uint64_t flows : {1, 2, 4}) queue.submit(batch(flows));
  EXPECT_EQ(woken, 1) << "only after there was nothing";
  EXPECT_EQ(queue.account().dropped_for(SinkDrop::kQueueFull), 4U);
  EXPECT_EQ(queue.take()->batch->flows().size(), 1U);
  EXPECT_EQ(queue.account().held, 3U) << "taken is not settled";
  queue.settle(1, 0, SinkDrop::kRejected);
  EXPECT_EQ(queue.take()->batch->flows().size(), 2U);
  queue.settle(1, 1, SinkDrop::kUnreachable);
  const Account<SinkDrop> account = queue.account();
  EXPECT_EQ(account.out, 2U);
  EXPECT_EQ(account.held, 0U);
  EXPECT_TRUE(account.balanced());
}

TEST(BatchQueue, TakeEndsAtItsTimeAndAtTheEnd) {
  BatchQueue queue(context(WhenFull::kDrop, 2));
  EXPECT_FALSE(queue.take(Clock::now() + std::chrono::milliseconds(5)));
  queue.submit(batch(1));
  EXPECT_TRUE(queue.close());
  EXPECT_FALSE(queue.close());
  EXPECT_FALSE(queue.at_end()) << "one waits";
  EXPECT_TRUE(queue.take());
  EXPECT_TRUE(queue.at_end());
  EXPECT_FALSE(queue.take());
  queue.submit(batch(3));
  EXPECT_EQ(queue.account().dropped_for(SinkDrop::kClosing), 3U);
  queue.drop_held(SinkDrop::kClosing);
  EXPECT_EQ(queue.account().dropped_for(SinkDrop::kClosing), 4U);
  EXPECT_TRUE(queue.account().balanced());
}

TEST(BatchQueue, SubmitWaitsForRoomWhereItMay) {
  BatchQueue queue(context(WhenFull::kWait, 1));
  std::thread reader([&] {
    while (const auto waiting = queue.take()) queue.settle(waiting->batch->flows().size(), 0, SinkDrop::kRejected);
    queue.finish();
  });
  for (int i = 0; i < 1000; ++i) queue.submit(batch(2));
  queue.close();
  queue.wait_finished(Clock::now() + std::chrono::minutes(1));
  reader.join();
  EXPECT_EQ(queue.account().out, 2000U);
  EXPECT_TRUE(queue.account().balanced());
}

TEST(BatchQueue, DropsWhatWaitsAndNotWhatIsTaken) {
  BatchQueue queue(context(WhenFull::kDrop, 9));
  for (const std::uint64_t flows : {1, 2, 4}) queue.submit(batch(flows));
  EXPECT_TRUE(queue.take());
  queue.drop_waiting(SinkDrop::kUnreachable);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.account().dropped_for(SinkDrop::kUnreachable), 6U);
  EXPECT_EQ(queue.account().held, 1U);
  EXPECT_TRUE(queue.account().balanced());
}

TEST(BatchQueue, AccountsOfTwoStagesJoin) {
  BatchQueue queue(context(WhenFull::kDrop, 2));
  for (const std::uint64_t flows : {10, 20, 40}) queue.submit(batch(flows));
  EXPECT_TRUE(queue.take());
  Account<SinkDrop> stage;  // has the first ten
  stage.in = 10;
  stage.out = 5;
  stage.held = 2;
  stage.drop(SinkDrop::kRejected, 3);
  const Account<SinkDrop> both = joined(queue.account(), stage);
  EXPECT_EQ(both.in, 70U);
  EXPECT_EQ(both.out, 5U);
  EXPECT_EQ(both.held, 22U);
  EXPECT_EQ(both.dropped_total(), 43U);
  EXPECT_TRUE(both.balanced());
}

}  // namespace
}  // namespace weir
