// Inside exporter/metering: who began a conversation, judged by one of its packets.
#pragma once

#include <cstdint>

#include "packet/packet_info.h"

namespace weir {

struct Initiator {
  bool is_sender;   // of this packet
  bool is_certain;  // by the TCP handshake; anything else gives way to it
};

// By the TCP handshake, a group address (which only receives), the ICMP type, the ports (the lower one is the service,
// and one of the ephemeral range is the client's); where nothing tells, the sender.
Initiator find_initiator(const PacketInfo& packet);

}  // namespace weir
