#include "packet/pcap_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/clock.h"

namespace weir {
namespace {

constexpr std::size_t kStep = 256 << 10;
constexpr std::size_t kFileHeader = 24;

// A file in memory has no descriptor, and nobody to wait for either.
bool can_read_ahead(std::FILE* file) {
  const int fd = ::fileno(file);
  struct stat info{};
  return fd < 0 || (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode));
}

}  // namespace

PcapReader::PcapReader(std::FILE* file) : file_(file), reads_ahead_(can_read_ahead(file)), buffer_(kStep) {}

std::uint32_t PcapReader::u32(std::size_t offset) const {
  const std::uint32_t v = load_be32(&buffer_[at_ + offset]);
  return big_endian_ ? v : __builtin_bswap32(v);
}

Result<bool> PcapReader::open() {
  if (!fill(4)) return false;
  big_endian_ = true;
  for (const bool order : {true, false}) {
    big_endian_ = order;
    const std::uint32_t magic = u32(0);
    const bool is_patched = magic == 0xa1b2cd34;  // by Alexey Kuznetsov: longer record headers
    if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d && !is_patched) continue;
    if (magic == 0xa1b23c4d) ns_per_fraction_ = 1;
    if (is_patched) record_header_ = 24;
    if (!fill(kFileHeader)) return fail("the file ends inside its header");
    const std::uint32_t version = u32(4);
    const std::uint32_t major = big_endian_ ? version >> 16 : version & 0xffff;
    const std::uint32_t minor = big_endian_ ? version & 0xffff : version >> 16;
    if (major != 2) return fail("pcap version " + std::to_string(major) + " is not known");
    swaps_lengths_ = minor < 3;
    may_swap_lengths_ = minor == 3;
    link_type_ = u32(20) & 0x03ffffff;  // above it: whether frames end in a checksum
    at_ += kFileHeader;
    return true;
  }
  return false;
}

Result<std::optional<CapturedPacket>> PcapReader::next() {
  if (!fill(record_header_)) {
    if (std::ferror(file_) != 0) return fail("the file cannot be read");
    if (at_ == end_) return std::nullopt;
    return fail("the file ends inside a packet's header");
  }
  CapturedPacket packet;
  const std::uint32_t captured = read_header(packet);
  if (captured > kMaxCaptured) return fail("a packet has the impossible length " + std::to_string(captured));
  if (!fill(record_header_ + captured)) return fail("the file ends inside a packet");
  packet.frame = Bytes(&buffer_[at_] + record_header_, captured);
  at_ += record_header_ + captured;
  return packet;
}

std::size_t PcapReader::next_buffered(std::span<CapturedPacket> out) {
  std::size_t n = 0;
  for (; n < out.size() && end_ - at_ >= record_header_; ++n) {
    const std::uint32_t captured = read_header(out[n]);
    if (captured > kMaxCaptured || end_ - at_ < record_header_ + captured) break;
    out[n].frame = Bytes(&buffer_[at_] + record_header_, captured);
    at_ += record_header_ + captured;
  }
  return n;
}

// All of a packet but its frame, from the header at at_; the frame's length.
inline std::uint32_t PcapReader::read_header(CapturedPacket& packet) const {
  packet.time_ns = u32(0) * kNsPerSecond + std::uint64_t{u32(4)} * ns_per_fraction_ % kNsPerSecond;
  packet.link_type = static_cast<LinkType>(link_type_);
  packet.interface = 0;
  std::uint32_t captured = u32(8);
  packet.original_length = u32(12);
  if (swaps_lengths_ || (may_swap_lengths_ && captured > packet.original_length))
    std::swap(captured, packet.original_length);
  return captured;
}

// Has so many bytes in the buffer, from at_ on; false where the file has fewer.
inline bool PcapReader::fill(std::size_t bytes) {
  if (end_ - at_ >= bytes) return true;
  std::memmove(buffer_.data(), &buffer_[0] + at_, end_ - at_);
  end_ -= std::exchange(at_, 0);
  if (bytes > buffer_.size()) buffer_.resize(record_header_ + kMaxCaptured);
  const std::size_t wanted = reads_ahead_ ? buffer_.size() : bytes;
  end_ += std::fread(&buffer_[0] + end_, 1, wanted - end_, file_);
  return end_ >= bytes;
}

}  // namespace weir
