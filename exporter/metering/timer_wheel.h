// Inside exporter/metering: when which entry is to be looked at next. A packet does not move its flow: the wheel finds
// a flow that is not due yet when its first deadline has passed, and puts it in again.
#pragma once

#include <array>
#include <cstdint>

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
  // been taken out before. Time that goes back a little changes nothing; from further back the wheel goes on from
  // there.
  template <typename Due>
  void advance(std::uint64_t now_ns, Due due) {
    const std::uint64_t tick = now_ns >> kTickBits;
    if (tick <= tick_) {
      if (tick_ - tick > kSlots / 2) tick_ = tick;
      return;
    }
    std::uint64_t passed = tick - tick_ < kSlots ? tick_ : tick - kSlots;
    tick_ = tick;
    for (; passed != tick; ++passed) {
      std::uint32_t entry = heads_[passed % kSlots];
      heads_[passed % kSlots] = kNoEntry;
      while (entry != kNoEntry) {
        const std::uint32_t next = entries_[entry].next;
        if (next != kNoEntry) __builtin_prefetch(&entries_[next]);
        if (next != kNoEntry) __builtin_prefetch(&entries_[next].a_to_b);
        if (next != kNoEntry) entries_[next].previous = kNoEntry;
        due(entry);
        entry = next;
      }
    }
  }

 private:
  static constexpr unsigned kTickBits = 27;  // 134 ms
  static constexpr std::uint32_t kSlots = 1024;

  FlowEntry* entries_;
  std::uint64_t tick_ = 0;  // slots of earlier ticks have been emptied
  std::array<std::uint32_t, kSlots> heads_;
};

}  // namespace weir
