// `weir collect --to store:DIR` as a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/check.h"
#include "store/snapshot.h"
#include "tests/app/running_collector.h"
#include "tests/support/messages.h"

namespace weir::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// In all segments and frames.
SegmentSummary totals(const std::filesystem::path& dir) {
  SegmentSummary sum;
  const auto snapshot = open_snapshot(dir);
  EXPECT_TRUE(snapshot) << snapshot.error().message;
  if (!snapshot) return sum;
  EXPECT_THAT(snapshot->damage, IsEmpty());
  for (const auto& segment : snapshot->segments) {
    sum.flows += segment->summary().flows;
    sum.packets += segment->summary().packets;
    sum.bytes += segment->summary().bytes;
  }
  return sum;
}

TEST(CollectToStore, KeepsFlowsThroughAKillAndARestart) {
  const TempDir temp;
  const std::string dir = (temp / "flows").string();
  RunningCollector collector({"--to", "store:" + dir});
  std::uint64_t sent = 0;
  const auto send = [&] {
    const Sender sender(collector.port());
    for (std::uint32_t i = 0; i < 50; ++i) sender.send(v5_datagram(i * 20, 20));
    sent += 1000;
  };
  send();
  // Live, before anything was stopped.
  EXPECT_TRUE(wait_until([&] { return totals(dir).flows == sent; }));
  collector.crash_and_restart();
  EXPECT_EQ(totals(dir).flows, sent);
  send();
  EXPECT_TRUE(wait_until([&] { return totals(dir).flows == sent; }));
  EXPECT_EQ(collector.stop(), 0) << collector.process().err();
  const SegmentSummary all = totals(dir);
  EXPECT_EQ(all.flows, 2000U);
  EXPECT_EQ(all.packets, 20'000U);
  EXPECT_EQ(all.bytes, 2 * 50 * (20 * 1000 + 190U));
  const auto report = check_store(dir);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->damage.empty());
  EXPECT_EQ(report->rows, 2000U);
}

TEST(CollectToStore, ASecondCollectorIsRefused) {
  const TempDir temp;
  const std::string dir = (temp / "flows").string();
  RunningCollector collector({"--to", "store:" + dir});
  const Outcome second = run({weir_binary(), "collect", "--listen", "udp://127.0.0.1:0", "--http", "off", "--run-dir",
                              temp.path().string(), "--state-dir", "none", "--to", "store:" + dir});
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, AllOf(HasSubstr(dir), HasSubstr("is being written by another process"),
                                HasSubstr("process " + std::to_string(collector.process().pid()))));
}

TEST(CollectToStore, WrongOptionsStopTheStart) {
  const Outcome outcome = run({weir_binary(), "collect", "--listen", "udp://127.0.0.1:0", "--http", "off",
                               "--state-dir", "none", "--to", "store:/tmp/x?keep=3"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("unknown option 'keep' (there are: raw-retain, rollup-retain, max-size)"));
}

}  // namespace
}  // namespace weir::test
