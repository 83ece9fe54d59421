// A ring of packets: memory laid out as TPACKET_V3 blocks (packet(7)), and the counters of whoever fills it.
//
// Thread rules: the thread that reads the ring's packets, and others under the lock of its RingSource.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir {

// What stands before every frame where the socket was asked for it (PACKET_VNET_HDR): virtio's description of a
// super-packet, in host order. <linux/virtio_net.h> is no C++.
struct VnetHeader {
  static constexpr std::uint8_t kTcp4 = 1, kTcp6 = 4, kUdp = 5, kEcnFlag = 0x80;  // values of gso_type

  std::uint8_t flags;
  std::uint8_t gso_type;
  std::uint16_t header_length;
  std::uint16_t gso_size;
  std::uint16_t checksum_start, checksum_offset;
};
static_assert(sizeof(VnetHeader) == 10);

struct RingMemory {
  std::span<std::uint8_t> bytes;  // whole blocks
  std::size_t block_size = 0;
  bool has_vnet_header = false;
};

// What the filling side counted since the last call, as PACKET_STATISTICS counts it.
struct RingCounters {
  std::uint64_t packets = 0;  // that passed the filter, the dropped ones included
  std::uint64_t drops = 0;
  std::uint64_t freezes = 0;
};

class Ring {
 public:
  virtual ~Ring() = default;

  virtual RingMemory memory() = 0;
  virtual int fd() const = 0;  // readable while a block waits to be read
  virtual RingCounters take_counters() = 0;
};

}  // namespace weir
