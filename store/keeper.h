// The store's upkeep: merges small segments, and lets go what is too old or too much.
//
// Thread rules: work() from one thread; note_added() from any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "store/catalog.h"
#include "store/compaction.h"
#include "store/retention.h"
#include "store/store_writer.h"

namespace weir {

class Keeper {
 public:
  // `other_size` gives the bytes of the store that are in no segment. `stop` ends work() at its next step.
  Keeper(const StoreOptions& options, Catalog& catalog, std::function<std::uint64_t()> other_size,
         const std::atomic<bool>& stop);

  // Rows of these days have come.
  void note_added(const std::vector<std::uint64_t>& days);

  // Does what there is to do. `everything`: merges days under way as if they were over. Errors: a file cannot be
  // written.
  Result<void> work(bool everything);

 private:
  using Entries = std::vector<SegmentEntry>;
  using Segments = std::vector<std::shared_ptr<const Segment>>;

  RetentionPolicy retention_policy() const;
  MergePolicy merge_policy(bool everything) const;
  // True when there was something to do.
  Result<bool> retain();
  Result<bool> merge(bool everything);
  Result<bool> roll_up(const Entries& entries);
  Result<bool> look_for_damage(const Entries& entries, const Error& error);
  Result<Segments> open_sound(const Entries& entries) const;
  Result<void> replace(const Entries& entries, const std::vector<std::string>& images);

  const StoreOptions& options_;
  Catalog& catalog_;
  const std::function<std::uint64_t()> other_size_;
  const std::atomic<bool>& stop_;
  std::set<std::uint64_t> damaged_;  // segments that cannot be read

  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::chrono::steady_clock::time_point> added_;  // day → when rows of it last came
};

}  // namespace weir
