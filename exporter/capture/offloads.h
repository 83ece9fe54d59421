// Offloads of an interface that put packets together before they are captured, and so distort counts (ethtool(8)).
//
// Thread rules: a function without shared state.
#pragma once

#include <string>

namespace weir {

struct Offloads {
  std::string names;   // "gro lro", empty for none that distorts
  std::string advice;  // "ethtool -K eth0 gro off lro off"
};

// `socket` is any socket. Where the kernel tells segment sizes only what it cannot describe counts: LRO.
Offloads distorting_offloads(int socket, const std::string& interface, bool kernel_tells_segment_sizes);

}  // namespace weir
