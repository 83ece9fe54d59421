#include "query/groups.h"

#include <algorithm>
#include <array>
#include <memory>

#include "query/group_table.h"

namespace weir {
namespace {

// Rows that are hashed and whose memory is called for before the first of them is looked up.
constexpr std::size_t kBatch = 128;

constexpr std::size_t kWords[] = {1, 2, 3, 4, 6, 8, 16, 32, 96};

template <std::size_t N>
class GroupsOf final : public Groups {
 public:
  explicit GroupsOf(Pools& pools) {
    for (Table& table : partitions_) table.open(pools.groups, pools.outs, pools.budget);
  }

  bool add(const std::uint64_t* keys, std::size_t count, const Tally& tally) override {
    for (std::size_t done = 0; done < count; done += kBatch) {
      if (!add_batch(keys + done * N, std::min(kBatch, count - done), part(tally, done))) return false;
    }
    return true;
  }

  bool merge(std::size_t partition, Groups& other) override {
    Table& from = static_cast<GroupsOf&>(other).partitions_[partition];
    Table& to = partitions_[partition];
    for (std::uint32_t begin = 0; begin < from.size(); begin += kBatch) {
      if (!merge_batch(from, begin, std::min<std::uint32_t>(begin + kBatch, from.size()), to)) return false;
    }
    from.clear();
    return true;
  }

  std::size_t size(std::size_t partition) const override { return partitions_[partition].size(); }
  void visit(std::size_t partition, GroupVisitor& visitor) const override {
    const Table& table = partitions_[partition];
    for (std::uint32_t n = 0; n < table.size(); ++n) visitor.visit(table.group(n).key, table.counters(n));
  }
  void clear(std::size_t partition) override { partitions_[partition].clear(); }

 private:
  using Table = GroupTable<N>;

  static Tally part(const Tally& t, std::size_t from) {
    const auto at = [&](const std::uint64_t* p) { return p == nullptr ? nullptr : p + from; };
    return {at(t.in_packets), at(t.in_bytes), at(t.out_packets), at(t.out_bytes)};
  }

  Table& partition_of(std::uint64_t hash) { return partitions_[hash >> (64 - kPartitionBits)]; }

  bool add_batch(const std::uint64_t* keys, std::size_t count, const Tally& tally) {
    std::uint64_t hashes[kBatch];
    for (std::size_t i = 0; i < count; ++i) {
      hashes[i] = hash_words<N>(keys + i * N);
      partition_of(hashes[i]).prefetch_slot(hashes[i]);
    }
    std::uint32_t guesses[kBatch];
    for (std::size_t i = 0; i < count; ++i) guesses[i] = partition_of(hashes[i]).guess(hashes[i]);
    Table* table = nullptr;
    std::uint32_t group = 0;
    const auto value = [](const std::uint64_t* values, std::size_t i) { return values == nullptr ? 0 : values[i]; };
    for (std::size_t i = 0; i < count; ++i) {
      // Neighbours often belong together.
      if (i == 0 || !std::equal(keys + i * N, keys + (i + 1) * N, keys + (i - 1) * N)) {
        table = &partition_of(hashes[i]);
        group = table->find_or_add(keys + i * N, hashes[i], guesses[i]);
        if (group == Table::kNoGroup) return false;
      }
      table->add_in(group, value(tally.in_packets, i), value(tally.in_bytes, i));
      if (tally.has_out() && !table->add_out(group, value(tally.out_packets, i), value(tally.out_bytes, i))) {
        return false;
      }
    }
    return true;
  }

  static bool merge_batch(const Table& from, std::uint32_t begin, std::uint32_t end, Table& to) {
    std::uint64_t hashes[kBatch];
    for (std::uint32_t n = begin; n < end; ++n) {
      hashes[n - begin] = hash_words<N>(from.group(n).key);
      to.prefetch_slot(hashes[n - begin]);
    }
    std::uint32_t guesses[kBatch];
    for (std::uint32_t n = begin; n < end; ++n) guesses[n - begin] = to.guess(hashes[n - begin]);
    for (std::uint32_t n = begin; n < end; ++n) {
      const std::uint32_t group = to.find_or_add(from.group(n).key, hashes[n - begin], guesses[n - begin]);
      if (group == Table::kNoGroup) return false;
      const FlowCounters counters = from.counters(n);
      to.add_in(group, counters.in_packets, counters.in_bytes);
      if (!to.add_out(group, counters.out_packets, counters.out_bytes)) return false;
    }
    return true;
  }

  std::array<Table, kPartitions> partitions_;
};

}  // namespace

std::size_t Groups::rounded_words(std::size_t words) {
  return *std::ranges::lower_bound(kWords, std::max<std::size_t>(words, 1));
}

Groups::Pools::Pools(std::size_t words, MemoryBudget& memory)
    : groups(GroupTable<1>::kGroupsBytes + GroupTable<1>::kChunk * (words - 1) * sizeof(std::uint64_t), memory),
      outs(GroupTable<1>::kOutsBytes, memory),
      budget(memory) {}

std::unique_ptr<Groups> Groups::create(std::size_t words, Pools& pools) {
  switch (words) {
    case 1: return std::make_unique<GroupsOf<1>>(pools);
    case 2: return std::make_unique<GroupsOf<2>>(pools);
    case 3: return std::make_unique<GroupsOf<3>>(pools);
    case 4: return std::make_unique<GroupsOf<4>>(pools);
    case 6: return std::make_unique<GroupsOf<6>>(pools);
    case 8: return std::make_unique<GroupsOf<8>>(pools);
    case 16: return std::make_unique<GroupsOf<16>>(pools);
    case 32: return std::make_unique<GroupsOf<32>>(pools);
    default: return std::make_unique<GroupsOf<96>>(pools);
  }
}

}  // namespace weir
