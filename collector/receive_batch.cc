#include "collector/receive_batch.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace weir {
namespace {

// Memory is touched as far as datagrams fill it, so that the many short ones stay in the cache.
constexpr std::size_t kSlotBytes = 64 * 1024;

struct Control {
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

// The local address, where a wildcard socket was told to give it.
IpAddress local_address(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      return IpAddress::v6(CMSG_DATA(c) + offsetof(in6_pktinfo, ipi6_addr)).unmapped();
    }
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      return IpAddress::v4(CMSG_DATA(c) + offsetof(in_pktinfo, ipi_addr));
    }
  }
  return {};
}

}  // namespace

struct ReceiveBatch::Impl {
  std::unique_ptr<std::uint8_t[]> memory = std::make_unique_for_overwrite<std::uint8_t[]>(kSlots * kSlotBytes);
  std::array<SocketAddress, kSlots> senders;
  std::array<Control, kSlots> controls;
  std::array<iovec, kSlots> vectors{};
  std::array<mmsghdr, kSlots> headers{};
  std::array<Datagram, kSlots> datagrams;

  Impl() {
    for (std::size_t i = 0; i < kSlots; ++i) {
      vectors[i] = {memory.get() + i * kSlotBytes, kSlotBytes};
      msghdr& header = headers[i].msg_hdr;
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      header.msg_name = &senders[i].storage;
      header.msg_control = controls[i].bytes.data();
      rearm(i);
    }
  }

  void rearm(std::size_t i) {
    headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    headers[i].msg_hdr.msg_controllen = sizeof(Control);
  }

  void read_slot(std::size_t i, const SocketAddress& bound) {
    msghdr& header = headers[i].msg_hdr;
    Datagram& datagram = datagrams[i];
    datagram.session.remote = senders[i].address();
    datagram.session.remote_port = senders[i].port();
    datagram.session.local_port = bound.port();
    datagram.session.local = local_address(header);
    if (datagram.session.local.family == Family::kNone) datagram.session.local = bound.address();
    datagram.payload = {memory.get() + i * kSlotBytes, headers[i].msg_len};
    datagram.truncated = (header.msg_flags & MSG_TRUNC) != 0;
    rearm(i);
  }
};

ReceiveBatch::ReceiveBatch() : impl_(std::make_unique<Impl>()) {}
ReceiveBatch::~ReceiveBatch() = default;

std::span<const Datagram> ReceiveBatch::receive(const UdpSocket& socket) {
  int n;
  do {
    n = ::recvmmsg(socket.fd(), impl_->headers.data(), kSlots, MSG_DONTWAIT, nullptr);
  } while (n < 0 && errno == EINTR);
  if (n <= 0) return {};
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) impl_->read_slot(i, socket.bound());
  return {impl_->datagrams.data(), static_cast<std::size_t>(n)};
}

}  // namespace weir
