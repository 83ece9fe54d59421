// Synthetic traffic as a campus router would report it: a few thousand hosts inside talk to tens of thousands outside,
// popular ones far more than others (Zipf), over TCP, UDP and ICMP, in IPv4 and IPv6.
//
// The same options give the same flows, in the same order; only their times follow the clock they are given.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <memory>

#include "flow/flow.h"

namespace weir {

struct TrafficOptions {
  std::uint64_t seed = 1;
  double ipv6_share = 0.2;  // of flows, 0 to 1
};

class FlowGenerator {
 public:
  explicit FlowGenerator(const TrafficOptions& options);
  ~FlowGenerator();

  // The next flow, one that expired within the last second before `now_ns`. It has no cold part and no extras.
  Flow next(std::uint64_t now_ns);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
