// Working through the segments of a snapshot on several threads, up to each thread's groups.
//
// Thread rules: one thread; it starts others for the time of a call.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "query/accumulator.h"
#include "query/plan.h"
#include "query/result.h"
#include "query/segment_scan.h"
#include "query/watch.h"
#include "store/conversations.h"
#include "store/snapshot.h"

namespace weir {

class Scan {
 public:
  using Segments = std::vector<std::shared_ptr<const Segment>>;

  // All outlive this. `threads` at the most.
  Scan(const Plan& plan, const Segments& segments, unsigned threads, MemoryBudget& budget, Watch& watch);
  ~Scan();

  // Ends early when the watch says so. When it found damage what it has is worth nothing.
  void run();

  // By position in the segments: what is wrong with those that are damaged.
  const std::map<std::size_t, std::string>& damage() const { return damage_; }

  unsigned threads() const { return static_cast<unsigned>(workers_.size()); }
  const KeyValues& values() const { return values_; }
  Groups& groups() { return *groups_; }
  TimeRange found() const { return found_.get(); }
  std::vector<std::string> interfaces() const;
  QueryStats stats() const;

 private:
  struct Unit {
    std::size_t segment;
    unsigned first_block;
    unsigned blocks;
  };
  struct Entry;
  struct Worker;

  void make_units();
  template <typename Work>
  void work_through(const Work& work);
  void finish(Worker& worker);
  // Takes note of an error in a segment: damage, or the end of the memory.
  void failed(std::size_t segment, const Error& error);

  Result<void> pair(Worker& worker, const Unit& unit);
  Result<void> group(Worker& worker, const Unit& unit);
  Result<void> group_block(Worker& worker, const SegmentScan& scan, const Segment& segment, unsigned block);
  Result<void> group_rows(Worker& worker, const SegmentScan& scan, Selection rows, Orientation orientation,
                          std::uint16_t* room);
  Result<void> split_by_direction(Worker& worker, const Segment& segment, unsigned block, Selection& as_stored,
                                  Selection& reversed);
  void finish_unit(const Unit& unit);

  const Plan& plan_;
  const Segments& segments_;
  MemoryBudget& budget_;
  Watch& watch_;
  KeyValues values_;
  FoundTimes found_;
  std::optional<Conversations> conversations_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Unit> units_;
  std::unique_ptr<Groups> groups_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t phases_ = 1;
  std::size_t phase_ = 0;
  std::mutex mutex_;  // of damage_
  std::map<std::size_t, std::string> damage_;
};

}  // namespace weir
