// Inside packet/: how the link layers hand over to the IP layers.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "packet/dissect.h"

namespace weir {

// Read an IP packet into `packet`. `uncaptured` is how many bytes of the frame were on the wire but not captured.
void read_ipv4(DissectedPacket& packet, Bytes bytes, std::size_t uncaptured);
void read_ipv6(DissectedPacket& packet, Bytes bytes, std::size_t uncaptured);

}  // namespace weir
