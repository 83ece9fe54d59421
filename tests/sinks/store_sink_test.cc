#include "sinks/store_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "store/snapshot.h"
#include "tests/sinks/sample_flows.h"
#include "tests/sinks/sink_test_util.h"

namespace weir {
namespace {

using namespace sample;
using testing::AllOf;
using testing::HasSubstr;

class StoreSinkTest : public testing::Test {
 protected:
  std::string spec(const std::string& options = "") const { return "store:" + dir_.string() + options; }

  std::uint64_t stored() const {
    const auto snapshot = open_snapshot(dir_);
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    std::uint64_t flows = 0;
    for (const auto& segment : snapshot->segments) flows += segment->summary().flows;
    return flows;
  }

  const TemporaryDirectory temp_;
  const std::filesystem::path dir_ = temp_ / "flows";
};

TEST_F(StoreSinkTest, KeepsEveryFlow) {
  const auto sink = open_or_fail(spec("?raw-retain=2w&rollup-retain=2y&max-size=1GB"));
  std::uint64_t flows = 0;
  for (const BatchRef& batch : numbered(300, 50)) {
    flows += batch->flows().size();
    sink->submit(batch);
    EXPECT_TRUE(sink->status().flows.balanced());
  }
  // Held until they are fsync'ed, without a flush.
  wait_for([&] { return sink->status().flows.out == flows; });
  close_patiently(*sink);
  const SinkStatus status = sink->status();
  EXPECT_EQ(status.flows.in, flows);
  EXPECT_EQ(status.flows.out, flows);
  EXPECT_EQ(status.flows.held, 0U);
  EXPECT_EQ(status.last_error, "");
  EXPECT_EQ(stored(), flows);
}

TEST_F(StoreSinkTest, CloseDeliversWhatIsQueued) {
  const auto sink = open_or_fail(spec());
  for (const BatchRef& batch : numbered(100, 50)) sink->submit(batch);
  close_patiently(*sink);
  EXPECT_EQ(stored(), 5000U);
  // The next one goes on.
  const auto next = open_or_fail(spec());
  for (const BatchRef& batch : numbered(10, 50)) next->submit(batch);
  close_patiently(*next);
  EXPECT_EQ(stored(), 5500U);
}

TEST_F(StoreSinkTest, WhatDoesNotFitTheQueueIsCounted) {
  const auto sink = open_or_fail(spec(), context(WhenFull::kDrop, 2));
  for (const BatchRef& batch : numbered(2000, 50)) sink->submit(batch);
  close_patiently(*sink);
  const Account<SinkDrop> flows = sink->status().flows;
  EXPECT_EQ(flows.in, 100'000U);
  EXPECT_TRUE(flows.balanced());
  EXPECT_EQ(flows.dropped_total(), flows.dropped_for(SinkDrop::kQueueFull));
  EXPECT_EQ(stored(), flows.out);
}

TEST_F(StoreSinkTest, TroubleIsShownAndCounted) {
  const auto sink = open_or_fail(spec());
  std::filesystem::remove(dir_ / "journal");
  std::ofstream(dir_ / "journal") << "in the way";
  for (const BatchRef& batch : numbered(10, 50)) sink->submit(batch);
  wait_for([&] { return !sink->status().last_error.empty(); });
  EXPECT_THAT(sink->status().last_error, HasSubstr("journal"));
  close_patiently(*sink);
  const Account<SinkDrop> flows = sink->status().flows;
  EXPECT_TRUE(flows.balanced());
  EXPECT_EQ(flows.dropped_for(SinkDrop::kWriteError), 500U);
}

TEST_F(StoreSinkTest, AStoreHasOneWriter) {
  const auto sink = open_or_fail(spec());
  EXPECT_THAT(open_error(spec()), AllOf(HasSubstr("sink store:"), HasSubstr("process " + std::to_string(::getpid()))));
}

TEST_F(StoreSinkTest, WrongOptionsAreTold) {
  EXPECT_THAT(open_error("store:"), HasSubstr("no directory is named"));
  EXPECT_THAT(open_error("store"), HasSubstr("no directory is named"));
  EXPECT_THAT(open_error(spec("?raw-retian=3d")), HasSubstr("did you mean 'raw-retain'"));
  EXPECT_THAT(open_error(spec("?raw-retain=3")), HasSubstr("write it like"));
  EXPECT_THAT(open_error(spec("?max-size=10MB")), HasSubstr("64MB or more"));
  EXPECT_THAT(open_error(spec("?rollup-retain=2y")), HasSubstr("without raw-retain or max-size"));
  EXPECT_THAT(open_error(spec("?rollup-retain=2d&raw-retain=2d")), HasSubstr("must be longer"));
  EXPECT_THAT(open_error("store:/proc/nothing"), HasSubstr("cannot make directory /proc/nothing"));
  EXPECT_FALSE(std::filesystem::exists(dir_));
}

}  // namespace
}  // namespace weir
