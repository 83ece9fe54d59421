// Inside exporter/metering: when which entry is to be looked at next. A packet does not move its flow: the wheel finds
// a flow that is not due yet when its first deadline has passed, and puts it in again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "exporter/metering/flow_entry.h"

namespace weir {

class TimerWheel {
 public:
  // `entries` is the pool that entry numbers count in.
  explicit TimerWheel(FlowEntry* entries);

  // An entry that is not in the wheel. One that is due later than the wheel is long is looked at on the way.
  void insert(std::uint32_t entry, std::uint64_t deadline_ns);
  void remove(std::uint32_t entry);

  // Moves on to `now_ns` and calls due(entry) for entries whose deadline has passed, a tick late at the most; each has
  // been taken out before. Time that goes back a little changes nothing; when it goes back far, all entries are due.
  template <typename Due>
  void advance(std::uint64_t now_ns, Due due) {
    const std::uint64_t tick = now_ns >> kTickBits;
    if (tick <= tick_ && tick_ - tick <= kSlots / 2) return;
    const std::uint64_t slots = tick > tick_ ? std::min<std::uint64_t>(tick - tick_, kSlots) : kSlots;
    tick_ = tick;
    for (std::uint64_t passed = tick + kSlots - slots; passed != tick + kSlots; ++passed) empty(passed % kSlots, due);
  }

 private:
  template <typename Due>
  void empty(std::uint64_t slot, Due due) {
    std::uint32_t entry = std::exchange(heads_[slot], kNoEntry);
    while (entry != kNoEntry) {
      const std::uint32_t next = entries_[entry].next;
      if (next != kNoEntry) {
        __builtin_prefetch(&entries_[next]);
        entries_[next].previous = kNoEntry;
      }
      due(entry);
      entry = next;
    }
  }

  static constexpr unsigned kTickBits = 27;  // 134 ms
  static constexpr std::uint32_t kSlots = 1024;

  FlowEntry* entries_;
  std::uint64_t tick_ = 0;  // slots of earlier ticks have been emptied
  std::array<std::uint32_t, kSlots> heads_;
};

}  // namespace weir
