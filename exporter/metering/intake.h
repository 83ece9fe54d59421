// Inside exporter/metering: from a frame to a packet that can be counted, or the reason why it is not.
#pragma once

#include <cstdint>
#include <optional>

#include "exporter/metering/duplicates.h"
#include "exporter/metering/fragments.h"
#include "exporter/metering/meter.h"
#include "exporter/metering/metered_packet.h"
#include "exporter/metering/sampling.h"

namespace weir {

class PacketIntake {
 public:
  explicit PacketIntake(const MeterOptions& options);

  // Whether `out` was made of the frame. If not, it was dropped, or waits as a fragment (in fragments()).
  bool read(const Frame& frame, std::uint64_t wall_ns, MeteredPacket& out, MeterStatus& status);
  // Finds the conversation. Says false where flow sampling passes it over.
  bool set_key(MeteredPacket& packet) const;

  FragmentTable& fragments() { return fragments_; }
  const FragmentTable& fragments() const { return fragments_; }

 private:
  std::uint64_t checked_time(std::uint64_t time_ns, std::uint64_t wall_ns, MeterStatus& status) const;

  bool inside_tunnels_;
  std::uint64_t max_clock_error_ns_;
  std::uint32_t flow_sampling_;
  std::uint16_t port_mask_, vlan_mask_;
  std::uint32_t interface_mask_;
  PacketSampler sampler_;
  std::optional<DuplicateFilter> duplicates_;
  FragmentTable fragments_;
};

}  // namespace weir
