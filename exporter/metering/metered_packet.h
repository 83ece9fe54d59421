// Inside exporter/metering: a packet on its way from the frame to its flow.
#pragma once

#include <cstdint>

#include "exporter/capture/packet_source.h"
#include "exporter/metering/flow_entry.h"
#include "packet/packet_info.h"

namespace weir {

struct MeteredPacket {
  PacketInfo info;
  std::uint64_t time_ns;
  std::uint32_t interface;
  PacketDirection direction;
  // On the wire: of a super-packet, of all the packets it was made of.
  std::uint32_t packets;
  std::uint64_t bytes;
  std::uint16_t shortest, longest;  // at most 65535

  // Set by set_key(): the conversation, which of its endpoints sent this, and the key's hash.
  FlowKey key;
  bool from_b;
  std::uint64_t hash;
  std::uint32_t candidate;  // the entry that it is likely to belong to
};

}  // namespace weir
