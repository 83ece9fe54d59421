#include "collector/udp_socket.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "collector/bind.h"
#include "collector/selector.h"

namespace weir {
namespace {

using MemInfo = std::array<std::uint32_t, SK_MEMINFO_VARS>;

MemInfo mem_info(int fd) {
  MemInfo info{};
  socklen_t length = sizeof info;
  ::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info.data(), &length);
  return info;
}

// The kernel doubles what is asked for, to have room for its own bookkeeping, and reports it doubled.
std::size_t set_receive_buffer(int fd, std::size_t wanted) {
  const int value = static_cast<int>(std::min<std::size_t>(wanted, std::numeric_limits<int>::max() / 2));
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, value)) set_option(fd, SOL_SOCKET, SO_RCVBUF, value);
  int granted = 0;
  socklen_t length = sizeof granted;
  ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &length);
  return static_cast<std::size_t>(granted) / 2;
}

// A socket that is not bound yet and, when it is, drops everything until accept_datagrams().
Result<UniqueFd> new_socket(const ListenSpec& spec, const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno("cannot listen on " + to_string(spec), errno);
  bool ok = true;
  if (address.family() == AF_INET6) {
    ok = set_dual_stack(fd.get(), spec);
    if (address.is_wildcard()) ok = ok && set_option(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  } else if (address.is_wildcard()) {
    ok = set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, 1);
  }
  if (!ok) return fail_errno("cannot set up the socket of " + to_string(spec), errno);
  if (auto refused = refuse_datagrams(fd.get()); !refused) return std::unexpected(refused.error());
  return fd;
}

// The first socket is bound without SO_REUSEPORT, so that a program which shares its port (another weir of the same
// user) is found out, and gets it only afterwards.
Result<void> bind_all(const ListenSpec& spec, SocketAddress address, std::vector<UniqueFd>& fds) {
  for (std::size_t i = 0; i < fds.size(); ++i) {
    const int fd = fds[i].get();
    if (i > 0) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (::bind(fd, address.get(), address.length) != 0) return bind_error(spec, errno);
    if (i > 0) continue;
    if (fds.size() > 1 && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) {
      return fail_errno("cannot share " + to_string(spec) + " between workers", errno);
    }
    address = SocketAddress::of(fd);  // port 0 has become a real one
  }
  return {};
}

std::string capped_warning(const ListenSpec& spec, std::size_t granted, std::size_t wanted) {
  constexpr std::size_t kKib = 1024;
  return to_string(spec) + ": the kernel caps the receive buffer at " + std::to_string(granted / kKib) + " KiB of " +
         std::to_string(wanted / kKib) + " KiB asked for; bursts may be dropped. Raise net.core.rmem_max: sysctl -w " +
         "net.core.rmem_max=" + std::to_string(wanted);
}

}  // namespace

UdpSocket::UdpSocket(UniqueFd fd, SocketAddress bound, std::size_t buffer)
    : fd_(std::move(fd)), bound_(bound), buffer_(buffer) {}

std::uint64_t UdpSocket::read_drops() {
  const std::uint32_t drops = mem_info(fd())[SK_MEMINFO_DROPS];
  return static_cast<std::uint32_t>(drops - std::exchange(drops_seen_, drops));  // the kernel's counter wraps
}

std::size_t UdpSocket::queued_bytes() const { return mem_info(fd())[SK_MEMINFO_RMEM_ALLOC]; }

Result<UdpGroup> open_udp(const ListenSpec& spec, unsigned workers, std::size_t receive_buffer) {
  UdpGroup group{spec, {}, {}};
  const auto address = listen_address(spec, group.warnings);
  if (!address) return std::unexpected(address.error());

  std::vector<UniqueFd> fds;
  std::size_t granted = receive_buffer;
  for (unsigned i = 0; i < workers; ++i) {
    auto fd = new_socket(spec, *address);
    if (!fd) return std::unexpected(fd.error());
    granted = set_receive_buffer(fd->get(), receive_buffer);
    fds.push_back(std::move(*fd));
  }
  if (granted < receive_buffer) group.warnings.push_back(capped_warning(spec, granted, receive_buffer));

  if (auto bound = bind_all(spec, *address, fds); !bound) return std::unexpected(bound.error());
  if (workers > 1) {
    if (auto attached = attach_selector(fds[0].get(), workers); !attached) return std::unexpected(attached.error());
  }
  for (UniqueFd& fd : fds) {
    if (auto open = accept_datagrams(fd.get()); !open) return std::unexpected(open.error());
    const SocketAddress bound = SocketAddress::of(fd.get());
    group.sockets.emplace_back(std::move(fd), bound, granted);
  }
  return group;
}

}  // namespace weir
