#include "query/groups.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "query/address_numbers.h"
#include "query/group_list.h"

namespace weir {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30;

// A few keys that come all the time and many that hardly come again.
class Keys {
 public:
  explicit Keys(unsigned seed) : random_(seed) {}
  std::uint64_t next() { return random_() % 2 == 0 ? random_() % 10 : random_() % 60'000; }
  std::uint64_t number() { return random_(); }

 private:
  std::mt19937_64 random_;
};

using Counters = std::array<std::uint64_t, 4>;

void add_to(Counters& sum, const Counters& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = saturating_add(sum[i], more[i]);
}

// Folding is exact however often it happens, with sums that reach the largest number.
TEST(GroupList, FoldsRowsOfOneKey) {
  using List = GroupList<2, 4>;
  MemoryBudget budget(kPlenty);
  ChunkPool pool(List::kChunkBytes, budget);
  List list;
  FoldingSlots slots;
  std::map<std::uint64_t, Counters> expected;
  Keys keys(1);
  for (int i = 0; i < 30'000; ++i) {
    std::array<List::Row, 7> rows;
    for (auto& row : rows) {
      const std::uint64_t key = keys.next();
      const Counters counters{1, keys.number() >> 8, 0, keys.number() % 100};
      row.key[0] = key;
      row.key[1] = ~key;
      std::ranges::copy(counters, row.counters);
      add_to(expected[key], counters);
    }
    ASSERT_TRUE(list.append(rows.data(), rows.size(), pool, slots));
    ASSERT_LE(list.size(), std::max<std::size_t>(2 * expected.size(), 1024) + rows.size());
  }
  list.fold(pool, slots);
  ASSERT_TRUE(list.folded());
  ASSERT_EQ(list.size(), expected.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& row = list.row(i);
    const auto found = expected.extract(row.key[0]);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(row.key[1], ~row.key[0]);
    EXPECT_TRUE(std::ranges::equal(found.mapped(), row.counters));
  }
}

TEST(GroupList, StopsWhenTheBudgetIsUsedUp) {
  using List = GroupList<1, 2>;
  MemoryBudget budget(256 << 10);
  ChunkPool pool(List::kChunkBytes, budget);
  List list;
  FoldingSlots slots;
  List::Row row{};
  while (list.append(&row, 1, pool, slots)) ++row.key[0];
  EXPECT_TRUE(budget.refused());
  EXPECT_GT(list.size(), 1024U);
}

class Collect final : public GroupVisitor {
 public:
  void visit(const std::uint64_t* key, const FlowCounters& c) override {
    const auto [at, fresh] = groups.try_emplace(*key, Counters{c.in_packets, c.in_bytes, c.out_packets, c.out_bytes});
    EXPECT_TRUE(fresh) << "twice: " << at->first;
  }
  std::map<std::uint64_t, Counters> groups;
};

// What two threads bring in is one group each.
TEST(Groups, SumUpWhatThreadsBringIn) {
  constexpr unsigned kThreads = 2;
  constexpr std::size_t kRows = 500;
  for (const bool both_ways : {false, true}) {
    MemoryBudget budget(kPlenty);
    const auto groups = Groups::create(1, both_ways, budget);
    std::map<std::uint64_t, Counters> expected[kThreads];
    {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          const auto intake = groups->intake();
          Keys keys(t);
          for (int i = 0; i < 500; ++i) {
            std::array<std::uint64_t, kRows> key;
            std::array<std::uint64_t, kRows> values[4];
            for (std::size_t row = 0; row < kRows; ++row) {
              key[row] = keys.next();
              Counters counters{};
              for (std::size_t c = 0; c < (both_ways ? 4U : 2U); ++c) counters[c] = keys.number() >> 20;
              for (std::size_t c = 0; c < 4; ++c) values[c][row] = counters[c];
              add_to(expected[t][key[row]], counters);
            }
            const auto* out_packets = both_ways ? values[2].data() : nullptr;
            const auto* out_bytes = both_ways ? values[3].data() : nullptr;
            ASSERT_TRUE(intake->add(key.data(), kRows, {values[0].data(), values[1].data(), out_packets, out_bytes}));
          }
          ASSERT_TRUE(intake->finish());
          ASSERT_TRUE(intake->finish()) << "with nothing more to bring in";
        });
      }
    }
    for (const auto& [key, counters] : expected[1]) add_to(expected[0][key], counters);
    Collect found;
    FoldingSlots slots;
    std::size_t size = 0;
    for (std::size_t p = 0; p < Groups::kPartitions; ++p) {
      groups->fold(p, slots);
      size += groups->size(p);
      groups->visit(p, found);
    }
    EXPECT_EQ(size, expected[0].size());
    EXPECT_EQ(found.groups, expected[0]);
  }
}

TEST(AddressNumbers, AreTheSameForEqualAddressesOnly) {
  MemoryBudget budget(kPlenty);
  AddressNumbers numbers(budget);
  std::vector<IpAddress> addresses{IpAddress::parse("::").value(), IpAddress::parse("240.0.0.0").value(),
                                   IpAddress::parse("255.255.255.255").value(), IpAddress::parse("f000::").value(),
                                   IpAddress::parse("::ffff:10.0.0.1").value()};
  for (unsigned i = 0; i < 5000; ++i) addresses.push_back(IpAddress::parse("2001:db8::" + std::to_string(i)).value());
  std::vector<std::uint32_t> first(addresses.size()), second(addresses.size());
  ASSERT_TRUE(numbers.number(addresses, first.data()));
  ASSERT_TRUE(numbers.number(addresses, second.data()));
  EXPECT_EQ(first, second);
  for (std::size_t i = 0; i < addresses.size(); ++i) EXPECT_EQ(numbers.address(first[i]), addresses[i]);
  EXPECT_EQ(numbers.address(AddressNumbers::kNoAddress), IpAddress{});
  EXPECT_EQ(numbers.address(0xefffffff), IpAddress::parse("239.255.255.255"));
  EXPECT_EQ(numbers.address(0), IpAddress::parse("0.0.0.0"));

  MemoryBudget small(1000);
  AddressNumbers none(small);
  EXPECT_FALSE(none.number(addresses, first.data()));
}

}  // namespace
}  // namespace weir
