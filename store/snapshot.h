// What a store holds at one moment, for reading. Needs no lock: the writer may go on, merge and retire; what a snapshot
// has open stays readable.
//
// Thread rules: open_snapshot() from any thread; a Snapshot is immutable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/segment.h"

namespace weir {

struct Snapshot {
  // Those that overlap the time asked for, by their first time: segments, then the journal's frames. Each flow is in
  // exactly one of them.
  std::vector<std::shared_ptr<const Segment>> segments;
  // Damaged or unreadable files that the time asked for would have needed: "<file>: <what is wrong>".
  std::vector<std::string> damage;
  // How many segments were left out because of their times.
  std::size_t pruned = 0;
  // Exporters that meter flows where they enter and again where they leave (flow_direction 0 and 1 both seen, at any
  // time), sorted.
  std::vector<IpAddress> both_sides;
};

// Errors, for bad usage: no such directory, not a store, a newer format; a damaged manifest.
Result<Snapshot> open_snapshot(const std::filesystem::path& dir, const TimeRange& times = {});

}  // namespace weir
