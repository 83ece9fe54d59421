// Walking the blocks of a TPACKET_V3 ring, frame by frame, in place.
//
// Thread rules: one thread. Frames point into the ring and are good until release(). The ring's offsets and lengths are
// checked against the block they stand in, whoever wrote them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "exporter/capture/packet_source.h"
#include "exporter/capture/ring.h"

struct tpacket3_hdr;

namespace weir {

class RingReader {
 public:
  struct Counts {
    std::uint64_t frames = 0;
    std::uint64_t super_packets = 0;  // of the frames
    std::uint64_t unwritten = 0;      // places in a block that the kernel took but could not fill, and counts as drops
    std::uint64_t damaged = 0;        // frames of a block that could not be walked to its end
  };

  explicit RingReader(RingMemory memory) : memory_(memory) {}

  // Reads frames of one block into `out`; 0 when no block is ready.
  std::size_t read(std::span<Frame> out);
  // Gives the block back whose frames have all been read; nothing where there is none.
  void release();
  // Frames of the block being read are left.
  bool in_block() const { return left_ != 0; }
  // A block is being read or could be.
  bool ready() const;

  const Counts& counts() const { return counts_; }

 private:
  std::uint8_t* block() const { return memory_.bytes.data() + block_ * memory_.block_size; }
  bool open_block();
  void read_block(std::span<Frame> out, std::size_t& n);
  bool read_frame(Frame& frame, bool& is_written);
  bool read_body(const tpacket3_hdr& header, Frame& frame);
  void read_vnet_header(const std::uint8_t* at, Frame& frame);

  RingMemory memory_;
  std::size_t block_ = 0;   // being read, or the next to be
  bool is_open_ = false;    // being read
  std::uint32_t left_ = 0;  // frames of the open block
  std::size_t offset_ = 0;  // of the next one in it
  Counts counts_;
};

}  // namespace weir
