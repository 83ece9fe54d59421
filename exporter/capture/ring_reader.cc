#include "exporter/capture/ring_reader.h"

#include <linux/if_packet.h>

#include <atomic>
#include <cstring>

#include "base/clock.h"
#include "exporter/capture/hardware_type.h"

namespace weir {
namespace {

// Every frame begins with its header and the address it came with; data may begin after them.
constexpr std::size_t kAddressAt = TPACKET_ALIGN(sizeof(tpacket3_hdr));
constexpr std::size_t kDataAt = kAddressAt + sizeof(sockaddr_ll);

template <typename T>
T load(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

std::atomic_ref<std::uint32_t> status_of(std::uint8_t* block) {
  return std::atomic_ref(reinterpret_cast<tpacket_block_desc*>(block)->hdr.bh1.block_status);
}

PacketDirection direction_of(unsigned packet_type) {
  switch (packet_type) {
    case PACKET_HOST:
    case PACKET_BROADCAST:
    case PACKET_MULTICAST: return PacketDirection::kIn;
    case PACKET_OUTGOING: return PacketDirection::kOut;
    default: return PacketDirection::kUnknown;
  }
}

}  // namespace

bool RingReader::ready() const {
  return is_open_ || (status_of(block()).load(std::memory_order_acquire) & TP_STATUS_USER) != 0;
}

bool RingReader::open_block() {
  if (is_open_) return left_ != 0;
  if (!ready()) return false;
  const auto header = load<tpacket_block_desc>(block()).hdr.bh1;
  is_open_ = true;
  left_ = header.num_pkts;
  offset_ = header.offset_to_first_pkt;
  return true;
}

void RingReader::release() {
  if (!is_open_ || left_ != 0) return;
  status_of(block()).store(TP_STATUS_KERNEL, std::memory_order_release);
  is_open_ = false;
  block_ = (block_ + 1) % (memory_.bytes.size() / memory_.block_size);
}

std::size_t RingReader::read(std::span<Frame> out) {
  std::size_t n = 0;
  while (n == 0 && open_block()) {
    read_block(out, n);
    if (n == 0) release();  // nothing in it that could be handed over
  }
  counts_.frames += n;
  return n;
}

void RingReader::read_block(std::span<Frame> out, std::size_t& n) {
  while (left_ != 0 && n < out.size()) {
    bool is_written = true;
    if (!read_frame(out[n], is_written)) {
      counts_.damaged += left_;
      left_ = 0;
      return;
    }
    --left_;
    if (is_written)
      ++n;
    else
      ++counts_.unwritten;
  }
}

// False where the frame does not lie within the block.
bool RingReader::read_frame(Frame& frame, bool& is_written) {
  if (offset_ < sizeof(tpacket_block_desc) || offset_ > memory_.block_size || memory_.block_size - offset_ < kDataAt)
    return false;
  const auto header = load<tpacket3_hdr>(block() + offset_);
  // The kernel says so of each frame, as the last thing it writes. It takes the place before it knows whether it can
  // fill it, and what stands there then is of the block's earlier round.
  is_written = (header.tp_status & TP_STATUS_USER) != 0;
  if (is_written && !read_body(header, frame)) return false;
  if (left_ > 1) {
    if (header.tp_next_offset < kDataAt || header.tp_next_offset > memory_.block_size) return false;
    offset_ += header.tp_next_offset;
  }
  return true;
}

bool RingReader::read_body(const tpacket3_hdr& header, Frame& frame) {
  const std::uint8_t* const base = block() + offset_;
  const std::size_t room = memory_.block_size - offset_;
  const std::size_t data_at = kDataAt + (memory_.has_vnet_header ? sizeof(VnetHeader) : 0);
  if (header.tp_mac < data_at || header.tp_mac > room || header.tp_snaplen > room - header.tp_mac) return false;
  const auto address = load<sockaddr_ll>(base + kAddressAt);
  frame = {.time_ns = header.tp_sec * kNsPerSecond + header.tp_nsec,
           .data = base + header.tp_mac,
           .captured = header.tp_snaplen,
           .wire_length = header.tp_len,
           .interface = static_cast<std::uint32_t>(address.sll_ifindex),
           .vlan_tci = static_cast<std::uint16_t>(header.hv1.tp_vlan_tci),
           .direction = direction_of(address.sll_pkttype),
           .has_vlan = (header.tp_status & TP_STATUS_VLAN_VALID) != 0};
  frame.link_type = link_type_of(address.sll_hatype).value_or(LinkType::kRaw);
  if (frame.link_type == LinkType::kRaw) {  // some tunnels put a header of theirs before the packet
    const std::uint32_t skip = header.tp_net > header.tp_mac ? header.tp_net - header.tp_mac : 0U;
    if (skip <= frame.captured && skip <= frame.wire_length) {
      frame.data += skip;
      frame.captured -= skip;
      frame.wire_length -= skip;
    }
  }
  if (memory_.has_vnet_header) read_vnet_header(base + header.tp_mac - sizeof(VnetHeader), frame);
  return true;
}

void RingReader::read_vnet_header(const std::uint8_t* at, Frame& frame) {
  const auto vnet = load<VnetHeader>(at);
  switch (vnet.gso_type & ~VnetHeader::kEcnFlag) {
    case VnetHeader::kTcp4:
    case VnetHeader::kTcp6:
    case VnetHeader::kUdp: frame.segment_size = vnet.gso_size; break;
    default: break;
  }
  if (frame.segment_size != 0) ++counts_.super_packets;
}

}  // namespace weir
