// Inside exporter/metering: the same packet seen again, as a mirror port shows it that copies both what enters and what
// leaves a switch.
//
// The same is: the IP header but for TTL or hop limit and checksum, and the first bytes after it. A retransmission has
// another identification, or at least another timestamp option, so it is not the same; but two equal IPv6 packets that
// were really sent within a second are taken for one.
#pragma once

#include <cstdint>
#include <vector>

#include "packet/packet_info.h"

namespace weir {

class DuplicateFilter {
 public:
  DuplicateFilter();

  // Whether this packet was seen within the last second; if not, it is remembered, and in a full place the oldest is
  // forgotten.
  bool is_duplicate(const PacketInfo& packet, std::uint64_t time_ns);

 private:
  struct Seen {
    std::uint64_t digest;
    std::uint64_t time_ns;
  };

  std::vector<Seen> seen_;
};

}  // namespace weir
