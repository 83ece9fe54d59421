// What a metering thread tells the live view: its traffic by protocol once a second, and, while somebody watches, what
// each flow of its table carried, a few times a second, a little of it at every turn.
//
// Thread rules: the metering thread's, under its lock.
#pragma once

#include <chrono>
#include <cstdint>

#include "exporter/metering/meter.h"
#include "live/live_view.h"

namespace weir {

class LiveFeed {
 public:
  // Both outlive it. Protocol sums are scaled by `sampling_rate`, as the meter's talks are.
  LiveFeed(Meter& meter, LiveView& view, std::uint64_t sampling_rate)
      : meter_(meter), view_(view), sampling_rate_(sampling_rate) {}

  // Before the packets of a turn are counted, at that wall time.
  void begin_turn(std::uint64_t wall_ns);
  // After them.
  void end_turn();
  // The last call, before the meter finishes.
  void finish(std::uint64_t wall_ns);

  bool is_watched() const { return watched_; }
  // How long the next turn may wait for packets while somebody watches.
  std::chrono::milliseconds patience() const;

 private:
  void tell_protocols();
  void tell_talks();

  Meter& meter_;
  LiveView& view_;
  std::uint64_t sampling_rate_;
  std::uint64_t second_ = 0;  // wall time, in which packets are counted now
  ProtocolSums told_{};
  bool watched_ = false;
  bool looking_ = false;  // a look is under way
  // Steady time.
  std::uint64_t look_began_ns_ = 0;
  std::uint64_t next_look_ns_ = 0;
  std::uint64_t told_at_ns_ = 0;  // what the look under way finds came about then
};

}  // namespace weir
