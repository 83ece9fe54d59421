#include "exporter/metering/packet_side.h"

#include <algorithm>

namespace weir {
namespace {

bool is_in(const std::vector<Prefix>& nets, const IpAddress& address) {
  return std::any_of(nets.begin(), nets.end(), [&](const Prefix& net) { return net.contains(address); });
}

PacketDirection by_nets(const std::vector<Prefix>& nets, const PacketInfo& packet) {
  const bool from_inside = is_in(nets, {packet.src, packet.family}),
             to_inside = is_in(nets, {packet.dst, packet.family});
  if (from_inside == to_inside) return PacketDirection::kUnknown;
  return to_inside ? PacketDirection::kIn : PacketDirection::kOut;
}

}  // namespace

PacketDirection PacketSide::of(const MeteredPacket& packet) const {
  if (!local_nets_.empty()) {
    const PacketDirection found = by_nets(local_nets_, packet.info);
    return found != PacketDirection::kUnknown ? found : packet.direction;
  }
  return packet.direction != PacketDirection::kUnknown ? packet.direction : by_nets(own_nets_, packet.info);
}

}  // namespace weir
