// The parts of the flow table by themselves: the index under colliding hashes, the wheel under leaping time.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "exporter/metering/flow_index.h"
#include "exporter/metering/timer_wheel.h"

namespace weir {
namespace {

TEST(FlowIndex, RandomInsertsAndErasesWithCollidingHashes) {
  std::mt19937 random(3);
  for (const std::uint32_t hashes : {1U, 7U, 200U, 0xffffffffU}) {
    FlowIndex index(100'000);
    std::map<std::uint32_t, std::uint32_t> there;  // entry, hash
    for (unsigned i = 0; i < 20'000; ++i) {
      const auto entry = static_cast<std::uint32_t>(random() % 150);
      if (const auto found = there.find(entry); found != there.end()) {
        index.erase(found->second, entry);
        there.erase(found);
      } else {
        // Some of the hashes stand at the end of the index, so that chains go round it.
        const auto hash = static_cast<std::uint32_t>(random() % hashes - hashes / 2);
        ASSERT_TRUE(index.insert(hash, entry));
        there.emplace(entry, hash);
      }
      if (i % 16 != 0) continue;
      for (const auto& [number, hash] : there)
        ASSERT_EQ(index.find(hash, [&](std::uint32_t n) { return n == number; }), number);
      ASSERT_EQ(index.find(5, [](std::uint32_t) { return false; }), kNoEntry);
    }
  }
}

TEST(FlowIndex, GrowsAndKeepsWhatIsThere) {
  FlowIndex index(200'000);
  std::mt19937 random(4);
  std::vector<std::uint32_t> hashes;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    hashes.push_back(static_cast<std::uint32_t>(random()));
    ASSERT_TRUE(index.insert(hashes.back(), i));
  }
  for (std::uint32_t i = 0; i < 200'000; ++i)
    ASSERT_EQ(index.find(hashes[i], [&](std::uint32_t n) { return n == i; }), i);
}

TEST(FlowIndex, ChainsHaveAnEnd) {
  FlowIndex index(10'000);
  std::uint32_t entry = 0;
  while (index.insert(42, entry)) ++entry;
  EXPECT_EQ(entry, FlowIndex::kMaxProbe);
  const std::uint32_t other = index.in_the_way_of(42);
  ASSERT_LT(other, entry);
  index.erase(42, other);
  EXPECT_TRUE(index.insert(42, entry));
}

// Entries that are due at random, under time that runs, leaps and goes back: each is found when it is due and not
// before.
TEST(TimerWheel, FindsWhatIsDue) {
  std::mt19937_64 random(5);
  std::vector<FlowEntry> entries(500);
  TimerWheel wheel(entries.data());
  std::map<std::uint32_t, std::uint64_t> due;
  constexpr std::uint64_t kTick = std::uint64_t{1} << 27;
  std::uint64_t now = 1'700'000'000'000'000'000;
  wheel.advance(now, [](std::uint32_t) {});
  for (unsigned step = 0; step < 3000; ++step) {
    for (unsigned i = 0; i < 4; ++i) {
      const auto entry = static_cast<std::uint32_t>(random() % entries.size());
      if (const auto found = due.find(entry); found != due.end()) {
        wheel.remove(entry);
        due.erase(found);
      } else {
        due[entry] = now + random() % 400'000'000'000;
        wheel.insert(entry, due[entry]);
      }
    }
    const std::uint64_t kind = random() % 50;
    if (kind == 0) now += 1'000'000'000'000;
    if (kind == 1) now -= 1'000'000'000'000;
    now += random() % 3'000'000'000;
    wheel.advance(now, [&](std::uint32_t entry) {
      ASSERT_TRUE(due.contains(entry));
      if (due[entry] <= now) {
        due.erase(entry);
      } else {
        wheel.insert(entry, due[entry]);  // not yet
      }
    });
    if (kind == 1) continue;
    for (const auto& [entry, deadline] : due) ASSERT_GT(deadline + kTick, now) << entry;
  }
}

}  // namespace
}  // namespace weir
