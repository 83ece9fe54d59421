// What tunnels carry.
//
// Thread rules: pure functions. Hostile input: nothing is read outside the packet; tunnels in tunnels are followed a
// few deep and no further.
#pragma once

#include <cstdint>

#include "packet/dissect.h"

namespace weir {

// Whether packets of `proto`, for UDP to `dst_port`, may be a tunnel's.
bool may_be_tunnel(std::uint8_t proto, std::uint16_t dst_port);

// The innermost IP packet that `packet` carries in VXLAN (RFC 7348, and Linux's older port), Geneve (RFC 8926), GRE
// (RFC 2784, 2890) or IP in IP (4 and 6 in either); `packet` itself where it is no tunnel, a fragment of one, or
// nothing in it could be read as IP. What has no Ethernet header of its own keeps the addresses and tags of the frame
// around it.
DissectedPacket innermost(const DissectedPacket& packet);

}  // namespace weir
