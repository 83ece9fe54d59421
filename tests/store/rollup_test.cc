#include "store/rollup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "store/segment_writer.h"
#include "tests/store/rollup_answers.h"
#include "tests/store/rollup_flows.h"

namespace weir {
namespace {

using Segments = std::vector<std::shared_ptr<const Segment>>;
using test::Answer;
using test::answer_of;
using test::PlainFlow;

constexpr std::uint64_t kDay = 20'000ull * 86'400 * 1'000'000'000;
constexpr std::size_t kPlenty = std::size_t{256} << 20;

Segments raw_segments(std::span<const PlainFlow> flows, std::size_t count) {
  Segments segments;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = flows.size() * i / count, to = flows.size() * (i + 1) / count;
    segments.push_back(test::raw_segment(flows.subspan(from, to - from)));
  }
  return segments;
}

Segments opened(std::vector<std::string> images) {
  Segments segments;
  for (std::string& image : images) {
    auto segment = Segment::from_image(std::move(image), "roll-up " + std::to_string(segments.size()));
    if (!segment) throw std::runtime_error(segment.error().message);
    segments.push_back(*segment);
  }
  return segments;
}

Segments rolled_up(const Segments& inputs, std::size_t memory = kPlenty) {
  MemoryBudget budget(memory);
  std::uint64_t id = 1;
  auto images = make_rollup(inputs, id, budget);
  if (!images) throw std::runtime_error(images.error().message);
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(id, 1 + images->size());
  return opened(*std::move(images));
}

// gtest prints two whole maps; this prints what differs.
void expect_same(const Answer& got, const Answer& expected) {
  int shown = 0;
  const auto show = [&](const test::Group& g, const char* what) {
    if (++shown > 5) return;
    ADD_FAILURE() << what << ": view " << static_cast<int>(g.view) << " '" << g.interface << "' "
                  << g.exporter.to_string() << " " << g.src.to_string() << " > " << g.dst.to_string() << ":"
                  << g.dst_port << " proto " << g.proto << " direction " << g.direction;
  };
  for (const auto& [group, traffic] : expected) {
    const auto found = got.find(group);
    if (found == got.end()) {
      show(group, "missing");
    } else if (found->second != traffic) {
      show(group, "differs");
    }
  }
  for (const auto& [group, traffic] : got) {
    if (!expected.contains(group)) show(group, "not expected");
  }
}

TEST(Rollup, CountsAsItsFlows) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto flows = test::random_flows(random, 3000, kDay, true);
    const Segments rollups = rolled_up(raw_segments(flows, 1 + seed % 4));
    EXPECT_LT(rollups.front()->summary().rows, flows.size() * 9 / 10) << "flows that share a key, or answer each other";
    expect_same(answer_of(rollups), answer_of(flows));
  }
}

TEST(Rollup, LateFlowsAddUp) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto flows = test::random_flows(random, 3000, kDay, true);
    const auto late = test::random_flows(random, 500, kDay, true);
    Segments inputs = rolled_up(raw_segments(flows, 2));
    const std::uint64_t before = inputs.front()->summary().rows;
    inputs.push_back(test::raw_segment(late));
    const Segments rollups = rolled_up(inputs);

    Answer expected = answer_of(flows);
    add(expected, answer_of(late));
    expect_same(answer_of(rollups), expected);

    const Segments again = rolled_up(rollups);
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again.front()->summary().rows, rollups.front()->summary().rows) << "equal keys were summed already";
    EXPECT_LT(again.front()->summary().rows, before + 500);
    expect_same(answer_of(again), expected);
  }
}

TEST(Rollup, LittleMemoryGivesTheSameInPieces) {
  std::mt19937_64 random(7);
  const auto flows = test::random_flows(random, 60'000, kDay, false);
  const Segments inputs = raw_segments(flows, 3);
  const Segments rollups = rolled_up(inputs, 5 << 20);
  expect_same(answer_of(rollups), answer_of(flows));
  EXPECT_GT(rollups.size(), 1u);
  std::uint64_t rows = 0;
  for (const auto& segment : rollups) rows += segment->summary().rows;
  EXPECT_EQ(rows, rolled_up(inputs).front()->summary().rows) << "no key stands twice";
}

TEST(Rollup, SummaryCountsAsTheFlows) {
  std::mt19937_64 random(3);
  const auto flows = test::random_flows(random, 5000, kDay, true);
  const Segments raw = raw_segments(flows, 1);
  const Segments rollups = rolled_up(raw);
  ASSERT_EQ(rollups.size(), 1u);
  const SegmentSummary &before = raw[0]->summary(), &after = rollups[0]->summary();
  EXPECT_EQ(after.tier, Tier::kRollup);
  EXPECT_EQ(after.id, 1u);
  EXPECT_EQ(after.flows, 5000u);
  EXPECT_EQ(after.bytes, before.bytes);
  EXPECT_EQ(after.packets, before.packets);
  const auto exporters = [](const SegmentSummary& summary) {
    std::set<std::tuple<IpAddress, std::string, std::uint64_t, std::uint64_t, std::uint64_t, bool, bool>> all;
    for (const ExporterTotals& e : summary.exporters) {
      all.emplace(e.exporter, e.host, e.flows, e.packets, e.bytes, e.ingress, e.egress);
    }
    return all;
  };
  EXPECT_EQ(exporters(after), exporters(before));
  const auto interfaces = [](const SegmentSummary& summary) {
    std::set<std::tuple<IpAddress, std::string, std::uint64_t, std::uint64_t, std::uint64_t>> all;
    for (const InterfaceTotals& i : summary.interfaces) {
      // Without an interface there is no other side: what is an answer shows in the roll-up only.
      if (i.interface.empty()) {
        all.emplace(i.exporter, i.interface, i.flows, i.in_bytes + i.out_bytes, 0);
      } else {
        all.emplace(i.exporter, i.interface, i.flows, i.in_bytes, i.out_bytes);
      }
    }
    return all;
  };
  EXPECT_EQ(interfaces(after), interfaces(before));
  EXPECT_TRUE(rollups[0]->verify());
}

// An exporter that sends flow_direction 1 on some flows and none on others does not meter both sides.
TEST(Rollup, AnAbsentDirectionStaysAbsent) {
  PlainFlow flow{.end = kDay + 1, .exporter = *IpAddress::parse("198.51.100.1"), .bytes = 5, .packets = 1};
  flow.proto = 6;
  const PlainFlow without = flow;
  flow.direction = 1;
  const Segments rollups = rolled_up({test::raw_segment(std::vector{without, flow})});
  ASSERT_EQ(rollups.size(), 1u);
  ASSERT_EQ(rollups[0]->summary().exporters.size(), 1u);
  EXPECT_FALSE(rollups[0]->summary().exporters[0].ingress);
  EXPECT_TRUE(rollups[0]->summary().exporters[0].egress);
  EXPECT_EQ(rollups[0]->summary().rows, 2u);
}

// In by eth0 and out by eth7, answered in by eth7 and out by eth2.
TEST(Rollup, AnswersTakeTheirInterfacesAlong) {
  PlainFlow there{.start = kDay + 1'000'000'000, .end = kDay + 2'000'000'000};
  there.exporter = *IpAddress::parse("198.51.100.1");
  there.in = {{}, "eth0"};
  there.out = {{}, "eth7"};
  there.src = *IpAddress::parse("10.0.0.1");
  there.dst = *IpAddress::parse("192.0.2.7");
  there.src_port = 50'000;
  there.dst_port = 443;
  there.proto = 6;
  there.bytes = 100;
  there.packets = 1;
  PlainFlow back = there;
  back.in = {{}, "eth7"};
  back.out = {{}, "eth2"};
  std::swap(back.src, back.dst);
  std::swap(back.src_port, back.dst_port);
  back.bytes = 7000;
  back.packets = 5;
  const std::vector flows{there, back};
  const Segments rollups = rolled_up({test::raw_segment(flows)});
  ASSERT_EQ(rollups[0]->summary().rows, 2u) << "the ways differ, so do the keys";
  Answer answer = answer_of(rollups);
  test::Group group{.view = test::View::kEachSide,
                    .block = kDay / kRollupBlockNs,
                    .interface = "eth0",
                    .exporter = there.exporter,
                    .host = "",
                    .src = there.src,
                    .dst = there.dst,
                    .dst_port = 443,
                    .proto = 6};
  EXPECT_EQ(answer[group], (test::Traffic{.in_bytes = 100, .in_packets = 1}));
  group.interface = "eth7";
  EXPECT_EQ(answer[group], (test::Traffic{.in_bytes = 7000, .in_packets = 5, .out_bytes = 100, .out_packets = 1}));
  group.interface = "eth2";
  EXPECT_EQ(answer[group], (test::Traffic{.out_bytes = 7000, .out_packets = 5}));
}

TEST(Rollup, NothingGivesNothing) { EXPECT_TRUE(rolled_up({}).empty()); }

TEST(Rollup, RefusesMoreThanADay) {
  PlainFlow flow{.end = kDay};
  PlainFlow next = flow;
  next.end += 86'400ull * 1'000'000'000;
  MemoryBudget budget(kPlenty);
  std::uint64_t id = 1;
  const Segments inputs{test::raw_segment(std::vector{flow, next})};
  const auto images = make_rollup(inputs, id, budget);
  ASSERT_FALSE(images);
  EXPECT_THAT(images.error().message, testing::HasSubstr("more than a day"));
}

TEST(Rollup, SaysWhenMemoryDoesNotSuffice) {
  std::mt19937_64 random(7);
  auto flows = test::random_flows(random, 40'000, kDay, false);
  for (std::size_t i = 0; i < flows.size(); ++i) {
    flows[i].end = kDay + i;
    flows[i].start = 0;
    flows[i].src = IpAddress::v4(static_cast<std::uint32_t>(i + 1));
  }
  const Segments inputs = raw_segments(flows, 1);
  MemoryBudget budget(4 << 20);
  std::uint64_t id = 1;
  const auto images = make_rollup(inputs, id, budget);
  ASSERT_FALSE(images);
  EXPECT_THAT(images.error().message, testing::HasSubstr("memory"));
  EXPECT_EQ(budget.used(), 0u);
}

TEST(Rollup, NeverAnswersFromADamagedInput) {
  std::mt19937_64 random(5);
  const auto flows = test::random_flows(random, 2000, kDay, true);
  std::string image = test::raw_image(flows);
  const Answer expected = answer_of(rolled_up({test::raw_segment(flows)}));
  int refused = 0;
  for (std::size_t at = 3; at < image.size(); at += image.size() / 97) {
    std::string damaged = image;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    auto segment = Segment::from_image(std::move(damaged), "damaged");
    if (!segment) {
      ++refused;
      continue;
    }
    MemoryBudget budget(kPlenty);
    std::uint64_t id = 1;
    auto images = make_rollup(Segments{*segment}, id, budget);
    if (!images) {
      ++refused;
      EXPECT_THAT(images.error().message, testing::HasSubstr("damaged"));
    } else {
      expect_same(answer_of(opened(*std::move(images))), expected);  // what was hit is no part of a roll-up
    }
  }
  EXPECT_GT(refused, 50);
}

}  // namespace
}  // namespace weir
