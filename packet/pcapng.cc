#include "packet/pcapng.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/clock.h"

namespace weir {
namespace {

enum BlockType : std::uint32_t {
  kSectionHeader = 0x0a0d0d0a,
  kInterfaceDescription = 1,
  kOldPacket = 2,
  kSimplePacket = 3,
  kEnhancedPacket = 6,
};

constexpr std::size_t kMaxBlock = 16 << 20;
constexpr std::size_t kMaxInterfaces = 65536;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;

__extension__ using Wide = unsigned __int128;

std::uint64_t clamp64(Wide n) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  return n > kMax ? kMax : static_cast<std::uint64_t>(n);
}

}  // namespace

std::uint16_t PcapngReader::u16(const std::uint8_t* p) const {
  const std::uint16_t v = load_be16(p);
  return big_endian_ ? v : __builtin_bswap16(v);
}

std::uint32_t PcapngReader::u32(const std::uint8_t* p) const {
  const std::uint32_t v = load_be32(p);
  return big_endian_ ? v : __builtin_bswap32(v);
}

PcapngReader::MaybePacket PcapngReader::next() {
  for (;;) {
    const auto more = read_block();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::nullopt;
    Result<void> done;
    switch (type_) {
      case kSectionHeader: done = section_header(); break;
      case kInterfaceDescription: done = describe_interface(); break;
      case kEnhancedPacket:
        if (body_.size() < 20) return fail("a packet block is too short");
        return packet(u32(body_.data()), 20, 4);
      case kOldPacket:
        if (body_.size() < 20) return fail("a packet block is too short");
        return packet(u16(body_.data()), 20, 4);
      case kSimplePacket: return simple_packet();
      default: break;  // names, statistics, secrets, comments: not for us
    }
    if (!done) return std::unexpected(done.error());
  }
}

std::vector<LinkType> PcapngReader::link_types() const {
  std::vector<LinkType> types;
  for (const Interface& interface : interfaces_) types.push_back(interface.link_type);
  return types;
}

// Appends to block_ in steps, so that a length that promises too much costs nothing.
bool PcapngReader::read_exactly(std::size_t bytes) {
  constexpr std::size_t kStep = 64 << 10;
  while (bytes != 0) {
    const std::size_t step = std::min(bytes, kStep), had = block_.size();
    block_.resize(had + step);
    const std::size_t got = std::fread(&block_[had], 1, step, file_);
    block_.resize(had + got);
    if (got != step) return false;
    bytes -= step;
  }
  return true;
}

// Reads a whole block into block_; false at the end of the file.
Result<bool> PcapngReader::read_block() {
  block_.clear();
  if (!read_exactly(8)) {
    if (std::ferror(file_) != 0) return fail("the file cannot be read");
    if (block_.empty()) return false;
    return fail("the file ends inside a block");
  }
  type_ = u32(block_.data());
  if (type_ == kSectionHeader) {  // reads the same in both byte orders, and tells the order of what follows
    if (!read_exactly(4)) return fail("the file ends inside a block");
    big_endian_ = load_be32(&block_[8]) == kByteOrderMagic;
    if (u32(&block_[8]) != kByteOrderMagic) return fail("a section has no byte-order magic");
  } else if (!in_section_) {
    return fail("there is no section header");
  }
  const std::size_t length = u32(&block_[4]);
  if (length < 12 || length < block_.size() + 4 || length > kMaxBlock || length % 4 != 0)
    return fail("a block has the impossible length " + std::to_string(length));
  if (!read_exactly(length - block_.size())) return fail("the file ends inside a block");
  if (u32(&block_[length - 4]) != length) return fail("a block's two lengths differ");
  body_ = Bytes(block_).subspan(8, length - 12);
  return true;
}

Result<void> PcapngReader::section_header() {
  if (body_.size() < 16) return fail("a section header is too short");
  const std::uint16_t major = u16(&body_[4]);
  if (major != 1) return fail("pcapng version " + std::to_string(major) + " is not known");
  in_section_ = true;
  interfaces_.clear();
  return {};
}

Result<void> PcapngReader::describe_interface() {
  if (body_.size() < 8) return fail("an interface description is too short");
  if (interfaces_.size() == kMaxInterfaces) return fail("there are too many interfaces");
  Interface described{.link_type = static_cast<LinkType>(u16(body_.data())), .snapshot_length = u32(&body_[4])};
  for (Bytes options = body_.subspan(8); options.size() >= 4;) {
    const std::uint16_t code = u16(options.data());
    const std::size_t length = u16(&options[2]), padded = (length + 3) & ~std::size_t{3};
    options = options.subspan(4);
    if (code == 0 || padded > options.size()) break;
    interface_option(described, code, options.first(length));
    options = options.subspan(padded);
  }
  interfaces_.push_back(described);
  return {};
}

void PcapngReader::interface_option(Interface& described, std::uint16_t code, Bytes value) const {
  constexpr std::uint16_t kResolution = 9, kOffset = 14;
  if (code == kResolution && value.size() == 1) described.resolution = value[0];
  if (code == kOffset && value.size() == 8) {
    const std::uint64_t offset = load_be64(value.data());
    described.offset_s = static_cast<std::int64_t>(big_endian_ ? offset : __builtin_bswap64(offset));
  }
}

// A packet block of either age: a header with the time at `time_at` and the two lengths behind it, then the bytes.
PcapngReader::MaybePacket PcapngReader::packet(std::size_t interface, std::size_t header, std::size_t time_at) {
  if (interface >= interfaces_.size()) return fail("a packet names an interface that is not described");
  const std::uint8_t* fields = &body_[time_at];
  const std::size_t captured = u32(fields + 8);
  if (captured > body_.size() - header) return fail("a packet is longer than its block");
  const std::uint64_t ticks = std::uint64_t{u32(fields)} << 32 | u32(fields + 4);
  return CapturedPacket{.time_ns = to_ns(interfaces_[interface], ticks),
                        .original_length = u32(fields + 12),
                        .link_type = interfaces_[interface].link_type,
                        .interface = static_cast<std::uint32_t>(interface),
                        .frame = body_.subspan(header, captured)};
}

// Without time or interface: it is the first one's, and cut at that one's snapshot length.
PcapngReader::MaybePacket PcapngReader::simple_packet() {
  if (body_.size() < 4) return fail("a packet block is too short");
  if (interfaces_.empty()) return fail("a packet names an interface that is not described");
  const std::uint32_t original = u32(body_.data()), limit = interfaces_[0].snapshot_length;
  const std::size_t captured = limit == 0 ? original : std::min(original, limit);
  if (captured > body_.size() - 4) return fail("a packet is longer than its block");
  return CapturedPacket{.time_ns = 0,
                        .original_length = original,
                        .link_type = interfaces_[0].link_type,
                        .frame = body_.subspan(4, captured)};
}

std::uint64_t PcapngReader::to_ns(const Interface& interface, std::uint64_t ticks) const {
  const unsigned exponent = interface.resolution & 0x7f;
  Wide ns = Wide{ticks} * kNsPerSecond;
  if ((interface.resolution & 0x80) != 0) {
    ns >>= exponent;
  } else {
    for (unsigned i = 0; i < exponent && ns != 0; ++i) ns /= 10;
  }
  const Wide offset = Wide{interface.offset_s < 0 ? 0 - static_cast<std::uint64_t>(interface.offset_s)
                                                  : static_cast<std::uint64_t>(interface.offset_s)} *
                      kNsPerSecond;
  if (interface.offset_s >= 0) return clamp64(ns + offset);
  return ns > offset ? clamp64(ns - offset) : 0;
}

}  // namespace weir
