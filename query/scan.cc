#include "query/scan.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "query/parallel.h"

namespace weir {
namespace {

constexpr unsigned kUnitBlocks = 8;

}  // namespace

// A segment, bound by the thread that comes first and let go by the one that comes last.
struct Scan::Entry {
  std::once_flag once;
  std::unique_ptr<SegmentScan> scan;
  std::atomic<std::size_t> units_left{0};
  std::atomic<bool> damaged{false};
};

struct Scan::Worker {
  Worker(const Plan& plan, KeyValues& values, FoundTimes& found, Groups& groups)
      : columns(plan.request.biflow), accumulator(plan, values, found, groups) {}

  BlockColumns columns;
  SelectBuffers buffers;
  Accumulator accumulator;
  QueryStats stats;
  std::size_t segment = SIZE_MAX;  // that the accumulator is at
  std::uint8_t flags[kBlockRows];
  std::uint16_t as_stored[kBlockRows];
  std::uint16_t reversed[kBlockRows];
};

Scan::Scan(const Plan& plan, const Segments& segments, unsigned threads, MemoryBudget& budget, Watch& watch)
    : plan_(plan),
      segments_(segments),
      budget_(budget),
      watch_(watch),
      values_(budget),
      groups_(Groups::create(plan.layout.words(), plan.both_ways, budget)) {
  make_units();
  const std::size_t useful = std::clamp<std::size_t>(units_.size(), 1, std::max(threads, 1U));
  for (std::size_t i = 0; i < useful; ++i) {
    workers_.push_back(std::make_unique<Worker>(plan, values_, found_, *groups_));
  }
  if (plan.request.biflow) {
    conversations_.emplace(budget);
    phases_ = 2;
  }
}

Scan::~Scan() = default;

void Scan::make_units() {
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    entries_.push_back(std::make_unique<Entry>());
    const unsigned blocks = segments_[s]->blocks();
    for (unsigned first = 0; first < blocks; first += kUnitBlocks) {
      units_.push_back({s, first, std::min(kUnitBlocks, blocks - first)});
      entries_[s]->units_left.fetch_add(1, std::memory_order_relaxed);
    }
  }
  // The last rows first: then the times found span nearly all at once, and no other block need be read for them.
  if (!units_.empty()) std::ranges::rotate(units_, std::prev(units_.end()));
}

void Scan::run() {
  if (conversations_) {
    work_through([this](Worker& worker, const Unit& unit) { return pair(worker, unit); });
    ++phase_;
    if (!watch_.go_on() || !damage_.empty()) return;
  }
  work_through([this](Worker& worker, const Unit& unit) {
    auto ok = group(worker, unit);
    finish_unit(unit);
    return ok;
  });
}

template <typename Work>
void Scan::work_through(const Work& work) {
  std::atomic<std::size_t> next{0};
  in_parallel(threads(), [&](unsigned thread) {
    for (;;) {
      const std::size_t at = next.fetch_add(1, std::memory_order_relaxed);
      if (at >= units_.size() || !watch_.go_on()) return finish(*workers_[thread]);
      const Unit& unit = units_[at];
      if (entries_[unit.segment]->damaged.load(std::memory_order_relaxed)) continue;
      try {
        if (auto ok = work(*workers_[thread], unit); !ok) failed(unit.segment, ok.error());
      } catch (const std::bad_alloc&) {
        watch_.end_for_memory();
      }
      if (thread != 0) continue;
      const double share = static_cast<double>(at + 1) / static_cast<double>(units_.size());
      watch_.report((static_cast<double>(phase_) + share) / static_cast<double>(phases_));
    }
  });
}

void Scan::finish(Worker& worker) try {
  if (auto ok = worker.accumulator.finish(); !ok) watch_.end_for_memory();
} catch (const std::bad_alloc&) {
  watch_.end_for_memory();
}

void Scan::failed(std::size_t segment, const Error& error) {
  if (budget_.refused()) return watch_.end_for_memory();
  entries_[segment]->damaged.store(true, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  damage_.try_emplace(segment, error.message);
}

Result<void> Scan::pair(Worker& worker, const Unit& unit) {
  const Segment& segment = *segments_[unit.segment];
  if (segment.summary().tier == Tier::kRollup) return {};
  const auto zones = segment.zones(kTimeColumn);
  if (!zones) return std::unexpected(zones.error());
  const TimeRange& window = plan_.request.times;
  for (unsigned block = unit.first_block; block < unit.first_block + unit.blocks && watch_.go_on(); ++block) {
    const TimeRange times{(*zones)[block].min, (*zones)[block].max};
    if (!window.overlaps(times)) continue;
    std::span<const std::uint8_t> keep;
    if (!window.contains(times)) {
      worker.columns.open(segment, block);
      const auto values = worker.columns.wide(kTimeColumn, {nullptr, worker.columns.rows()});
      if (!values) return std::unexpected(values.error());
      for (std::size_t i = 0; i < worker.columns.rows(); ++i) worker.flags[i] = window.contains((*values)[i]) ? 1 : 0;
      keep = {worker.flags, worker.columns.rows()};
    }
    if (auto ok = conversations_->add(segment, block, worker.columns.scratch(), keep); !ok) return ok;
  }
  return {};
}

Result<void> Scan::group(Worker& worker, const Unit& unit) {
  const Segment& segment = *segments_[unit.segment];
  Entry& entry = *entries_[unit.segment];
  Result<void> opened;
  std::call_once(entry.once, [&] {
    auto scan = SegmentScan::open(plan_, segment, values_, budget_);
    if (!scan) {
      opened = std::unexpected(scan.error());
      return;
    }
    entry.scan = std::move(*scan);
    ++(entry.scan->pruned() ? worker.stats.segments_pruned : worker.stats.segments);
  });
  if (!opened || entry.scan == nullptr || entry.scan->pruned()) return opened;
  if (worker.segment != unit.segment) {
    worker.accumulator.open_segment(segment, entry.scan->codes());
    worker.segment = unit.segment;
  }
  for (unsigned block = unit.first_block; block < unit.first_block + unit.blocks && watch_.go_on(); ++block) {
    if (auto ok = group_block(worker, *entry.scan, segment, block); !ok) return ok;
  }
  return {};
}

void Scan::finish_unit(const Unit& unit) {
  Entry& entry = *entries_[unit.segment];
  if (entry.units_left.fetch_sub(1) == 1) entry.scan.reset();
}

Result<void> Scan::group_block(Worker& worker, const SegmentScan& scan, const Segment& segment, unsigned block) {
  const bool maybe_stored = scan.verdict(Orientation::kAsStored, block) != Verdict::kNone;
  const bool maybe_reversed = scan.verdict(Orientation::kReversed, block) != Verdict::kNone;
  if (!maybe_stored && !maybe_reversed) {
    ++worker.stats.blocks_pruned;
    return {};
  }
  worker.columns.open(segment, block);
  ++worker.stats.blocks;
  worker.stats.rows += worker.columns.rows();
  Selection as_stored{nullptr, worker.columns.rows()}, reversed;
  if (conversations_ && segment.summary().tier == Tier::kRaw) {
    if (auto ok = split_by_direction(worker, segment, block, as_stored, reversed); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (maybe_stored) {
    if (auto ok = group_rows(worker, scan, as_stored, Orientation::kAsStored, worker.as_stored); !ok) return ok;
  }
  return maybe_reversed ? group_rows(worker, scan, reversed, Orientation::kReversed, worker.reversed) : Result<void>{};
}

Result<void> Scan::split_by_direction(Worker& worker, const Segment& segment, unsigned block, Selection& as_stored,
                                      Selection& reversed) {
  if (auto ok = conversations_->reversed(segment, block, worker.columns.scratch(), worker.flags); !ok) return ok;
  const std::size_t rows = worker.columns.rows();
  if (std::memchr(worker.flags, 1, rows) == nullptr) return {};
  std::size_t forward = 0, back = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    worker.as_stored[forward] = worker.reversed[back] = static_cast<std::uint16_t>(i);
    forward += worker.flags[i] ^ 1;
    back += worker.flags[i];
  }
  as_stored = {worker.as_stored, forward};
  reversed = {worker.reversed, back};
  return {};
}

Result<void> Scan::group_rows(Worker& worker, const SegmentScan& scan, Selection rows, Orientation orientation,
                              std::uint16_t* room) {
  if (rows.count == 0) return {};
  worker.columns.focus({});
  if (scan.verdict(orientation, worker.columns.block()) == Verdict::kSome) {
    const auto count = scan.predicate(orientation).select(worker.columns, rows, worker.buffers, room);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return {};
    rows = *count == worker.columns.rows() ? Selection{nullptr, *count} : Selection{room, *count};
  }
  worker.columns.focus(rows);
  return worker.accumulator.add(worker.columns, rows, orientation);
}

std::vector<std::string> Scan::interfaces() const {
  std::vector<std::string> names;
  std::vector<std::uint8_t> all;
  for (const auto& worker : workers_) {
    const auto contributed = worker->accumulator.interfaces();
    all.resize(std::max(all.size(), contributed.size()));
    for (std::size_t i = 0; i < contributed.size(); ++i) all[i] |= contributed[i];
  }
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    if (all[i] != 0) names.emplace_back(values_.interfaces.bytes(i));
  }
  std::ranges::sort(names);
  return names;
}

QueryStats Scan::stats() const {
  QueryStats sum;
  sum.threads = threads();
  for (const auto& worker : workers_) {
    const QueryStats& own = worker->stats;
    sum.segments += own.segments;
    sum.segments_pruned += own.segments_pruned;
    sum.blocks += own.blocks;
    sum.blocks_pruned += own.blocks_pruned;
    sum.rows += own.rows;
    sum.rows_matched += worker->accumulator.rows();
    sum.bytes_read += worker->columns.scratch().bytes_read();
  }
  return sum;
}

}  // namespace weir
