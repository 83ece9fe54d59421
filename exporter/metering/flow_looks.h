// Inside exporter/metering: what the flows of the table carry while somebody watches: the difference between two looks
// at their counters.
//
// A look goes through the table in turns of a bounded length. What a slice carried since the last look is told when it
// ends, so that nothing is missed and nothing counted twice; only the first look tells nothing, since its counters are
// from before. Memory: 32 bytes for each flow of the table, provided by the system as it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "exporter/metering/flow_entry.h"
#include "exporter/metering/lazy_pages.h"
#include "live/talk.h"

namespace weir {

class FlowLooks {
 public:
  // `entries` is the pool of `max_flows`; what is told is scaled by `sampling_rate`.
  FlowLooks(const FlowEntry* entries, std::size_t max_flows, std::uint64_t sampling_rate);

  // The next turn of a look at the first `used` entries; true when the look is not through. `now_ns` is packet time.
  bool look(std::uint32_t used, std::uint64_t now_ns);
  // The counters of an entry are about to be cleared.
  void slice_ends(std::uint32_t number);

  // What was carried since the last call.
  std::vector<Talk> take() { return std::exchange(talks_, {}); }

 private:
  struct Seen {
    Amount from_a, from_b;
  };

  void tell(std::uint32_t number);
  bool is_through(std::uint32_t number) const { return !first_ || number < next_; }

  const FlowEntry* entries_;
  std::uint64_t sampling_rate_;
  LazyPages pages_;
  Seen* seen_;
  std::vector<Talk> talks_;
  bool first_ = true;
  std::uint32_t next_ = 0;
  std::uint64_t began_ns_ = 0;  // packet time of this look's begin
  std::uint64_t quiet_ns_ = 0;  // an entry without a packet since then has nothing to tell
};

}  // namespace weir
