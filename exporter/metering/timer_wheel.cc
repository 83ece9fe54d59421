#include "exporter/metering/timer_wheel.h"

#include <algorithm>

namespace weir {

TimerWheel::TimerWheel(FlowEntry* entries) : entries_(entries) { heads_.fill(kNoEntry); }

void TimerWheel::insert(std::uint32_t entry, std::uint64_t deadline_ns) {
  const std::uint64_t tick = std::clamp(deadline_ns >> kTickBits, tick_, tick_ + kSlots - 1);
  FlowEntry& e = entries_[entry];
  e.slot = static_cast<std::uint32_t>(tick % kSlots);
  std::uint32_t& head = heads_[e.slot];
  e.previous = kNoEntry;
  e.next = head;
  if (head != kNoEntry) entries_[head].previous = entry;
  head = entry;
}

void TimerWheel::remove(std::uint32_t entry) {
  const FlowEntry& e = entries_[entry];
  if (e.previous != kNoEntry) {
    entries_[e.previous].next = e.next;
  } else {
    heads_[e.slot] = e.next;
  }
  if (e.next != kNoEntry) entries_[e.next].previous = e.previous;
}

}  // namespace weir
