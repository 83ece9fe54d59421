// Inside exporter/metering: whether a packet came in or went out.
#pragma once

#include <utility>
#include <vector>

#include "exporter/metering/metered_packet.h"
#include "flow/address.h"

namespace weir {

class PacketSide {
 public:
  PacketSide(std::vector<Prefix> local_nets, std::vector<Prefix> own_nets)
      : local_nets_(std::move(local_nets)), own_nets_(std::move(own_nets)) {}

  // By the local nets where some were given, else as the frame says, else by the machine's own. A packet between two
  // hosts inside, or two outside, is what its frame says.
  PacketDirection of(const MeteredPacket& packet) const;

 private:
  std::vector<Prefix> local_nets_, own_nets_;
};

}  // namespace weir
