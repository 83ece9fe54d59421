// A ring in user memory, filled by the test as the kernel fills its own.
#pragma once

#include <linux/if_packet.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/unique_fd.h"
#include "exporter/capture/ring.h"

namespace weir::test {

struct MockPacket {
  Bytes data;
  std::uint64_t time_ns = 0;
  std::uint32_t wire_length = 0;  // 0: data's
  int interface = 1;
  std::uint16_t hardware_type = 1;  // ARPHRD_ETHER
  std::uint8_t packet_type = PACKET_HOST;
  bool has_vlan = false;
  std::uint16_t vlan_tci = 0;
  std::uint8_t gso_type = 0;
  std::uint16_t gso_size = 0;
  std::uint16_t tunnel_header = 0;  // of `data`, before the network header
};

class MockRing final : public Ring {
 public:
  MockRing(std::size_t block_size, unsigned blocks, bool has_vnet_header = true);

  // Puts a packet into the open block, or, where that is full, into the next; counts it dropped where there is none.
  void put(const MockPacket& packet);
  // Takes a place and leaves it as it is, as the kernel does with what it cannot describe; counted dropped.
  void put_unwritten();
  // Hands the open block over, as the kernel's timer does.
  void flush();

  tpacket_block_desc& block(unsigned number);
  tpacket3_hdr& frame_at(unsigned block, std::size_t offset);
  bool is_with_reader(unsigned block);

  RingMemory memory() override { return {memory_, block_size_, has_vnet_header_}; }
  int fd() const override { return event_.get(); }
  RingCounters take_counters() override;

 private:
  void count(std::uint64_t packets, std::uint64_t drops);
  tpacket3_hdr* place(std::size_t data_size, std::size_t& data_at);

  std::size_t block_size_;
  unsigned blocks_;
  bool has_vnet_header_;
  std::vector<std::uint8_t> memory_;
  UniqueFd event_;
  unsigned open_ = 0;             // block
  std::size_t used_ = 0;          // of it; 0: nothing in it yet
  tpacket3_hdr* last_ = nullptr;  // in it
  std::mutex mutex_;              // of the counters
  RingCounters counters_;
};

}  // namespace weir::test
