// Packets that tests of the meter begin with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tests/exporter/metering_rig.h"

namespace weir::test {

inline constexpr std::uint64_t kMs = 1'000'000;

inline const Packet kQuery{};
inline const Packet kSynPacket{.dst_port = 443, .proto = kTcpProto, .tcp_flags = kSyn};

inline Packet tcp_packet(unsigned flags, std::size_t payload = 10) {
  Packet packet = kSynPacket;
  packet.tcp_flags = flags;
  packet.payload = payload;
  return packet;
}

inline std::uint64_t dropped(const MeterRig& rig, PacketDrop reason) {
  return rig.meter.status().packets.dropped_for(reason);
}

}  // namespace weir::test
