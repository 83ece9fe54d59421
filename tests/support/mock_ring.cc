#include "tests/support/mock_ring.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.h"

namespace weir::test {
namespace {

constexpr std::size_t kFirst = 48;  // the block's own description
constexpr std::size_t kHeaders = TPACKET_ALIGN(sizeof(tpacket3_hdr)) + sizeof(sockaddr_ll);

std::size_t aligned(std::size_t n) { return (n + 7) & ~std::size_t{7}; }

}  // namespace

MockRing::MockRing(std::size_t block_size, unsigned blocks, bool has_vnet_header)
    : block_size_(block_size),
      blocks_(blocks),
      has_vnet_header_(has_vnet_header),
      memory_(block_size * blocks),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

tpacket_block_desc& MockRing::block(unsigned number) {
  return *reinterpret_cast<tpacket_block_desc*>(&memory_[number * block_size_]);
}

tpacket3_hdr& MockRing::frame_at(unsigned block, std::size_t offset) {
  return *reinterpret_cast<tpacket3_hdr*>(&memory_[block * block_size_ + offset]);
}

bool MockRing::is_with_reader(unsigned number) {
  return (__atomic_load_n(&block(number).hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

tpacket3_hdr* MockRing::place(std::size_t data_size, std::size_t& data_at) {
  data_at = aligned(kHeaders + sizeof(VnetHeader));
  const std::size_t size = aligned(data_at + data_size);
  if (used_ != 0 && used_ + size > block_size_) flush();
  if (is_with_reader(open_)) return nullptr;
  auto& header = block(open_).hdr.bh1;
  if (used_ == 0) {
    header = {};
    header.offset_to_first_pkt = kFirst;
    used_ = kFirst;
    last_ = nullptr;
  }
  tpacket3_hdr* frame = &frame_at(open_, used_);
  if (last_ != nullptr)
    last_->tp_next_offset = static_cast<std::uint32_t>(reinterpret_cast<char*>(frame) - reinterpret_cast<char*>(last_));
  ++header.num_pkts;
  used_ += size;
  last_ = frame;
  frame->tp_next_offset = 0;
  frame->tp_status = 0;
  return frame;
}

void MockRing::put(const MockPacket& packet) {
  std::size_t data_at = 0;
  tpacket3_hdr* frame = place(packet.data.size(), data_at);
  count(1, frame == nullptr ? 1 : 0);
  if (frame == nullptr) return;
  frame->tp_sec = static_cast<std::uint32_t>(packet.time_ns / kNsPerSecond);
  frame->tp_nsec = static_cast<std::uint32_t>(packet.time_ns % kNsPerSecond);
  frame->tp_snaplen = static_cast<std::uint32_t>(packet.data.size());
  frame->tp_len = packet.wire_length != 0 ? packet.wire_length : frame->tp_snaplen;
  frame->tp_mac = static_cast<std::uint16_t>(data_at);
  frame->tp_net = static_cast<std::uint16_t>(data_at + packet.tunnel_header);
  frame->tp_status = TP_STATUS_USER | (packet.has_vlan ? TP_STATUS_VLAN_VALID : 0);
  frame->hv1.tp_vlan_tci = packet.vlan_tci;
  auto* base = reinterpret_cast<std::uint8_t*>(frame);
  sockaddr_ll address{};
  address.sll_ifindex = packet.interface;
  address.sll_hatype = packet.hardware_type;
  address.sll_pkttype = packet.packet_type;
  std::memcpy(base + TPACKET_ALIGN(sizeof(tpacket3_hdr)), &address, sizeof address);
  VnetHeader vnet{};
  vnet.gso_type = packet.gso_type;
  vnet.gso_size = packet.gso_size;
  if (has_vnet_header_) std::memcpy(base + data_at - sizeof vnet, &vnet, sizeof vnet);
  std::ranges::copy(packet.data, base + data_at);
}

void MockRing::put_unwritten() {
  count(1, 1);
  std::size_t data_at = 0;
  if (tpacket3_hdr* frame = place(100, data_at)) frame->tp_mac = 0xffff;
}

void MockRing::flush() {
  if (used_ == 0) return;
  __atomic_store_n(&block(open_).hdr.bh1.block_status, TP_STATUS_USER, __ATOMIC_RELEASE);
  open_ = (open_ + 1) % blocks_;
  used_ = 0;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

void MockRing::count(std::uint64_t packets, std::uint64_t drops) {
  const std::lock_guard lock(mutex_);
  counters_.packets += packets;
  counters_.drops += drops;
}

RingCounters MockRing::take_counters() {
  const std::lock_guard lock(mutex_);
  return std::exchange(counters_, {});
}

}  // namespace weir::test
