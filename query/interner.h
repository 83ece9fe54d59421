// Numbers for byte strings, the same number for equal strings: what stands in group keys for texts.
//
// Thread rules: intern() and copy() from any number of threads; bytes() once no thread interns any more.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"

namespace weir {

class Interner {
 public:
  // `budget` outlives this.
  explicit Interner(MemoryBudget& budget) : budget_(budget) {}
  ~Interner();

  // The empty string is 0. Nothing when the budget is used up, or all numbers.
  std::optional<std::uint32_t> intern(std::string_view bytes);
  std::string_view bytes(std::uint32_t id) const;
  std::string copy(std::uint32_t id);

 private:
  static constexpr std::uint32_t kShards = 16;
  static constexpr std::size_t kChunk = 16 * 1024;

  struct Entry {
    const char* data;
    std::uint32_t length;
    std::uint32_t hash;
  };
  struct Shard {
    std::mutex mutex;
    std::vector<std::uint32_t> slots;  // index into entries + 1; 0: free
    std::vector<Entry> entries;
    std::vector<std::unique_ptr<char[]>> chunks;
    std::size_t left = 0;  // in the last chunk
    char* next = nullptr;
    std::size_t charged = 0;
  };

  bool charge(Shard& shard, std::size_t bytes);
  bool grow(Shard& shard);
  const char* keep(Shard& shard, std::string_view bytes);

  MemoryBudget& budget_;
  std::array<Shard, kShards> shards_;
};

}  // namespace weir
