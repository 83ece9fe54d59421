// Inside packet/: reading pcapng (draft-ietf-opsawg-pcapng), whose interfaces may differ in link type, snapshot length
// and clock. libpcap refuses such files, and no tool at hand splits them.
//
// Thread rules: one thread. Memory: the largest block, 16 MiB at most, and only as many bytes of it as are there.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "packet/packet_file.h"

namespace weir {

class PcapngReader {
 public:
  // Reads `file` from its Section Header Block on; does not close it.
  explicit PcapngReader(std::FILE* file) : file_(file) {}

  // The next packet, nothing at the end, or an error (without the file's name) at a place that is damaged. A packet's
  // frame is valid until the next call.
  Result<std::optional<CapturedPacket>> next();

  // Link types of the section's interfaces that have been described so far.
  std::vector<LinkType> link_types() const;

 private:
  struct Interface {
    LinkType link_type;
    std::uint32_t snapshot_length = 0;  // 0: none
    std::uint8_t resolution = 6;        // if_tsresol: a power of ten, or of two with the top bit set
    std::int64_t offset_s = 0;          // if_tsoffset
  };
  using MaybePacket = Result<std::optional<CapturedPacket>>;

  Result<bool> read_block();
  Result<void> section_header();
  Result<void> describe_interface();
  void interface_option(Interface& described, std::uint16_t code, Bytes value) const;
  MaybePacket packet(std::size_t interface, std::size_t header, std::size_t time_at);
  MaybePacket simple_packet();
  bool read_exactly(std::size_t bytes);

  std::uint16_t u16(const std::uint8_t* p) const;
  std::uint32_t u32(const std::uint8_t* p) const;
  std::uint64_t to_ns(const Interface& interface, std::uint64_t ticks) const;

  std::FILE* file_;
  bool big_endian_ = false;
  bool in_section_ = false;
  std::uint32_t type_ = 0;
  std::vector<std::uint8_t> block_;  // the block being read, whole
  Bytes body_;                       // without type and lengths
  std::vector<Interface> interfaces_;
};

}  // namespace weir
