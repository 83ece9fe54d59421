// Inside packet/: reading classic pcap files (draft-ietf-opsawg-pcap), in large steps where they are regular files.
//
// Thread rules: one thread. Memory: one step, and at most one packet of kMaxCaptured bytes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "packet/packet_file.h"

namespace weir {

class PcapReader {
 public:
  static constexpr std::size_t kMaxCaptured = 256 << 10;  // no capture tool writes longer ones

  // Reads `file` from its beginning on; does not close it. Of a pipe no more is read than the next packet takes.
  explicit PcapReader(std::FILE* file);

  // The file's header, to be read first. False where it is no pcap file.
  Result<bool> open();
  std::uint32_t link_type() const { return link_type_; }

  // The next packet, nothing at the end, or an error (without the file's name) where the file is damaged. A packet's
  // frame is valid until the next call.
  Result<std::optional<CapturedPacket>> next();
  // Further packets that are in memory whole, none of them damaged; their frames are valid until the next call of
  // next(), and leave those given out before as they are.
  std::size_t next_buffered(std::span<CapturedPacket> out);

 private:
  bool fill(std::size_t bytes);
  std::uint32_t read_header(CapturedPacket& packet) const;
  std::uint32_t u32(std::size_t offset) const;

  std::FILE* file_;
  bool reads_ahead_;
  bool big_endian_ = false;
  bool swaps_lengths_ = false;     // versions before 2.3 have the original length first
  bool may_swap_lengths_ = false;  // and some of 2.3
  std::uint32_t ns_per_fraction_ = 1000;
  std::size_t record_header_ = 16;
  std::uint32_t link_type_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::size_t at_ = 0, end_ = 0;  // what of the buffer is not read yet
};

}  // namespace weir
