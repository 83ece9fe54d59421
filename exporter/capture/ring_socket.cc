#include "exporter/capture/ring_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>

namespace weir {
namespace {

template <typename T>
bool set_option(const UniqueFd& socket, int option, const T& value) {
  return ::setsockopt(socket.get(), SOL_PACKET, option, &value, sizeof value) == 0;
}

}  // namespace

Result<UniqueFd> open_packet_socket() {
  // Protocol 0: nothing arrives before it is bound.
  UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket) return socket;
  if (errno == EPERM || errno == EACCES)
    return fail(
        "capturing packets needs the capability CAP_NET_RAW, which this process does not have. Run weir as root, or "
        "grant it once:\n"
        "  sudo setcap cap_net_raw+ep $(command -v weir)\n"
        "or in the service's systemd unit:\n"
        "  AmbientCapabilities=CAP_NET_RAW");
  return fail_errno("cannot open a packet socket", errno);
}

Result<std::unique_ptr<RingSocket>> RingSocket::create(UniqueFd socket, const RingShape& shape) {
  std::unique_ptr<RingSocket> ring(new RingSocket(std::move(socket)));
  if (const auto done = ring->set_up(shape); !done) return std::unexpected(done.error());
  return ring;
}

RingSocket::~RingSocket() {
  if (!mapped_.empty()) ::munmap(mapped_.data(), mapped_.size());
}

Result<void> RingSocket::set_up(const RingShape& shape) {
  if (!set_option(socket_, PACKET_VERSION, int{TPACKET_V3})) return fail_errno("the kernel has no TPACKET_V3", errno);
  has_vnet_header_ = set_option(socket_, PACKET_VNET_HDR, 1);
  constexpr unsigned kFrameSize = 2048;  // only has to fit; frames in blocks have the size that they need
  tpacket_req3 request{};
  request.tp_block_size = static_cast<unsigned>(shape.block_size);
  request.tp_block_nr = shape.blocks;
  request.tp_frame_size = kFrameSize;
  request.tp_frame_nr = request.tp_block_size / kFrameSize * shape.blocks;
  request.tp_retire_blk_tov = shape.retire_ms;
  const std::size_t size = shape.block_size * shape.blocks;
  const std::string what =
      "a capture ring of " + std::to_string(shape.blocks) + " blocks of " + std::to_string(shape.block_size) + " bytes";
  if (!set_option(socket_, PACKET_RX_RING, request)) return fail_errno("cannot have " + what, errno);
  void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, socket_.get(), 0);
  if (memory == MAP_FAILED) return fail_errno("cannot map " + what, errno);
  mapped_ = {static_cast<std::uint8_t*>(memory), size};
  block_size_ = shape.block_size;
  return set_filter(no_packets());
}

RingMemory RingSocket::memory() { return {mapped_, block_size_, has_vnet_header_}; }

RingCounters RingSocket::take_counters() {
  tpacket_stats_v3 stats{};
  socklen_t length = sizeof stats;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &length) != 0) return {};
  return {stats.tp_packets, stats.tp_drops, stats.tp_freeze_q_cnt};
}

// The filter comes last: until then nothing passes.
Result<void> RingSocket::attach(const Target& target, const FilterProgram& filter) {
  if (auto done = bind_to(target.interface); !done) return done;
  if (target.group != nullptr)
    if (auto done = join(*target.group); !done) return done;
  if (target.promiscuous) {
    promiscuous_on_ = target.interface;
    set_promiscuous(PACKET_ADD_MEMBERSHIP, target.interface);
  }
  return set_filter(filter);
}

void RingSocket::detach() {
  [[maybe_unused]] const auto done = set_filter(no_packets());
  if (promiscuous_on_ != 0) set_promiscuous(PACKET_DROP_MEMBERSHIP, promiscuous_on_);
  promiscuous_on_ = 0;
}

Result<void> RingSocket::bind_to(std::uint32_t interface) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(interface);
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("cannot capture from the interface", errno);
  return {};
}

Result<void> RingSocket::set_filter(const FilterProgram& program) {
  static_assert(sizeof(FilterInstruction) == sizeof(sock_filter));
  std::vector<sock_filter> code;
  for (const auto& i : program) code.push_back({i.code, i.jump_true, i.jump_false, i.k});
  const sock_fprog attached{static_cast<unsigned short>(code.size()), code.data()};
  if (code.size() > BPF_MAXINSNS) return fail("the filter is too long for the kernel");
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) != 0)
    return fail_errno("the kernel does not take the filter", errno);
  return {};
}

// The kernel chooses the number of a new group, so that it is no other process's.
Result<void> RingSocket::join(FanoutGroup& group) {
  constexpr std::uint32_t kMode = PACKET_FANOUT_HASH, kModeShift = 16;
  const std::uint32_t mode = group.id ? kMode : kMode | PACKET_FANOUT_FLAG_UNIQUEID;
  if (!set_option(socket_, PACKET_FANOUT, mode << kModeShift | group.id.value_or(0)))
    return fail_errno("cannot share the interface's packets among threads", errno);
  is_in_group_ = true;
  if (group.id) return {};
  std::uint32_t made = 0;
  socklen_t length = sizeof made;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_FANOUT, &made, &length) != 0)
    return fail_errno("cannot share the interface's packets among threads", errno);
  group.id = static_cast<std::uint16_t>(made);
  return {};
}

void RingSocket::set_promiscuous(int option, std::uint32_t interface) {
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(interface);
  request.mr_type = PACKET_MR_PROMISC;
  set_option(socket_, option, request);  // without it the interface gives what is addressed to this host
}

}  // namespace weir
