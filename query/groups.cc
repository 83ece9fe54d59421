#include "query/groups.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <utility>

#include "query/chunk_pool.h"
#include "query/group_list.h"

namespace weir {
namespace {

constexpr std::size_t kWords[] = {1, 2, 3, 4, 6, 8, 16, 32, 96};

template <std::size_t N, std::size_t C>
struct Partitions {
  using List = GroupList<N, C>;
  using Row = typename List::Row;

  explicit Partitions(MemoryBudget& memory) : pool(List::kChunkBytes, memory), budget(memory) {}

  bool append(std::size_t partition, const Row* rows, std::size_t count, FoldingSlots& slots) {
    if (lists[partition].append(rows, count, pool, slots)) return true;
    budget.refuse();
    return false;
  }

  ChunkPool pool;
  MemoryBudget& budget;
  std::array<List, Groups::kPartitions> lists;
};

// Each place keeps the group that was last met there. What it drives out waits, by partition, until there are enough
// to be appended at once. The places of a partition are neighbours.
template <std::size_t N, std::size_t C>
class IntakeOf final : public GroupIntake {
 public:
  using Row = typename Partitions<N, C>::Row;

  explicit IntakeOf(Partitions<N, C>& partitions)
      : partitions_(partitions),
        places_(std::make_unique_for_overwrite<Row[]>(kPlaces)),
        waiting_(std::make_unique_for_overwrite<Row[]>(Groups::kPartitions * kWaiting)) {}

  bool add(const std::uint64_t* keys, std::size_t count, const Tally& tally) override {
    const std::uint64_t* counters[] = {tally.in_packets, tally.in_bytes, tally.out_packets, tally.out_bytes};
    for (std::size_t done = 0; done < count; done += kBatch) {
      const std::size_t end = std::min(count, done + kBatch);
      std::uint64_t hashes[kBatch];
      for (std::size_t i = done; i < end; ++i) {
        hashes[i - done] = hash_words<N>(keys + i * N);
        __builtin_prefetch(&places_[place(hashes[i - done])], 1);
      }
      for (std::size_t i = done; i < end; ++i) {
        std::uint64_t values[C];
        for (std::size_t c = 0; c < C; ++c) values[c] = counters[c] == nullptr ? 0 : counters[c][i];
        if (!add_row(keys + i * N, place(hashes[i - done]), values)) return false;
      }
    }
    return true;
  }

  bool finish() override {
    for (std::size_t i = 0; i < kPlaces; ++i) {
      if (std::exchange(taken_[i], std::uint8_t{0}) != 0 && !drive_out(i)) return false;
    }
    for (std::size_t p = 0; p < Groups::kPartitions; ++p) {
      if (!append(p)) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kBatch = 128;
  static constexpr std::size_t kPlacesBytes = 256 << 10;
  static constexpr std::size_t kPlaces = std::max(std::bit_floor(kPlacesBytes / sizeof(Row)), Groups::kPartitions);
  static constexpr unsigned kPlaceBits = std::bit_width(kPlaces) - 1;
  static constexpr std::size_t kWaitingBytes = 1536;
  static constexpr std::size_t kWaiting = std::max<std::size_t>(kWaitingBytes / sizeof(Row), 1);

  static std::size_t place(std::uint64_t hash) { return hash >> (64 - kPlaceBits); }

  bool add_row(const std::uint64_t* key, std::size_t place, const std::uint64_t* values) {
    Row& here = places_[place];
    if (taken_[place] != 0) {
      if (here.has(key)) {
        here.add(values);
        return true;
      }
      if (!drive_out(place)) return false;
    }
    taken_[place] = 1;
    std::copy_n(key, N, here.key);
    std::copy_n(values, C, here.counters);
    return true;
  }

  bool drive_out(std::size_t place) {
    const std::size_t partition = place >> (kPlaceBits - Groups::kPartitionBits);
    waiting_[partition * kWaiting + count_[partition]] = places_[place];
    return ++count_[partition] < kWaiting || append(partition);
  }

  bool append(std::size_t partition) {
    const std::size_t count = count_[partition];
    count_[partition] = 0;
    return count == 0 || partitions_.append(partition, &waiting_[partition * kWaiting], count, slots_);
  }

  Partitions<N, C>& partitions_;
  std::unique_ptr<Row[]> places_;
  std::unique_ptr<Row[]> waiting_;  // kWaiting a partition
  std::array<std::uint8_t, kPlaces> taken_{};
  std::array<std::uint16_t, Groups::kPartitions> count_{};  // of those waiting
  FoldingSlots slots_;
};

template <std::size_t N, std::size_t C>
class GroupsOf final : public Groups {
 public:
  explicit GroupsOf(MemoryBudget& budget) : partitions_(budget) {}

  std::unique_ptr<GroupIntake> intake() override { return std::make_unique<IntakeOf<N, C>>(partitions_); }

  void fold(std::size_t partition, std::vector<std::uint32_t>& slots) override {
    GroupList<N, C>& list = partitions_.lists[partition];
    if (!list.folded()) list.fold(partitions_.pool, slots);
  }
  std::size_t size(std::size_t partition) const override { return partitions_.lists[partition].size(); }
  void visit(std::size_t partition, GroupVisitor& visitor) const override {
    const GroupList<N, C>& list = partitions_.lists[partition];
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto& [key, n] = list.row(i);
      if constexpr (C == 2) {
        visitor.visit(key, {n[0], 0, n[1], 0});
      } else {
        visitor.visit(key, {n[0], n[2], n[1], n[3]});
      }
    }
  }

 private:
  Partitions<N, C> partitions_;
};

template <std::size_t C>
std::unique_ptr<Groups> create_with(std::size_t words, MemoryBudget& budget) {
  switch (words) {
    case 1: return std::make_unique<GroupsOf<1, C>>(budget);
    case 2: return std::make_unique<GroupsOf<2, C>>(budget);
    case 3: return std::make_unique<GroupsOf<3, C>>(budget);
    case 4: return std::make_unique<GroupsOf<4, C>>(budget);
    case 6: return std::make_unique<GroupsOf<6, C>>(budget);
    case 8: return std::make_unique<GroupsOf<8, C>>(budget);
    case 16: return std::make_unique<GroupsOf<16, C>>(budget);
    case 32: return std::make_unique<GroupsOf<32, C>>(budget);
    default: return std::make_unique<GroupsOf<96, C>>(budget);
  }
}

}  // namespace

std::size_t Groups::rounded_words(std::size_t words) {
  return *std::ranges::lower_bound(kWords, std::max<std::size_t>(words, 1));
}

std::unique_ptr<Groups> Groups::create(std::size_t words, bool both_ways, MemoryBudget& budget) {
  return both_ways ? create_with<4>(words, budget) : create_with<2>(words, budget);
}

}  // namespace weir
