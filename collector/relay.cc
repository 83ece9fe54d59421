#include "collector/relay.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "collector/bind.h"
#include "collector/udp_header.h"

namespace weir {
namespace {

constexpr std::size_t kSlots = ReceiveBatch::kSlots;
constexpr int kSendBuffer = 4 << 20;

using Headers = std::array<std::uint8_t, kMaxUdpHeaders>;

RelayDrop reason_for(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS ? RelayDrop::kSocketFull : RelayDrop::kUnreachable;
}

UniqueFd open_socket(int family, int type, int protocol) {
  UniqueFd fd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (fd && !set_option(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, kSendBuffer)) {
    set_option(fd.get(), SOL_SOCKET, SO_SNDBUF, kSendBuffer);
  }
  return fd;
}

std::string source_warning(const RelaySpec& spec, int error) {
  const std::string name = "relay " + spec.name;
  if (error != EPERM && error != EACCES) {
    return name + ": exporters' addresses are not kept as the source: " + std::strerror(error);
  }
  return name + ": exporters' addresses are not kept as the source, which needs CAP_NET_RAW: setcap cap_net_raw=ep " +
         "on the binary, or AmbientCapabilities=CAP_NET_RAW in the service; spoof=false does without";
}

}  // namespace

std::string_view reason_name(RelayDrop reason) {
  switch (reason) {
    case RelayDrop::kSocketFull: return "socket_full";
    case RelayDrop::kUnreachable: return "unreachable";
    case RelayDrop::kTruncated: return "truncated";
    case RelayDrop::kCount: break;
  }
  return "unknown";
}

struct Relay::Impl {
  AllowList allow;
  SocketAddress target;
  SocketAddress raw_target;  // raw sockets want no port
  UniqueFd own;              // sends from this host's address
  UniqueFd raw;              // with headers of ours; none where the source is not kept
  std::array<Headers, kSlots> headers;
  std::array<std::array<iovec, 2>, kSlots> parts{};
  std::array<mmsghdr, kSlots> messages{};
  std::array<const Datagram*, kSlots> sent{};  // what each message carries
  std::size_t count = 0;

  void add_spoofed(const Datagram& datagram) {
    const UdpEndpoint from{datagram.session.remote, datagram.session.remote_port};
    const std::size_t length =
        write_udp_headers(headers[count], from, {target.address(), target.port()}, datagram.payload);
    parts[count][0] = {headers[count].data(), length};
    parts[count][1] = part_of(datagram);
    msghdr& message = messages[count].msg_hdr;
    message = {};
    message.msg_name = raw_target.get();
    message.msg_namelen = raw_target.length;
    message.msg_iov = parts[count].data();
    message.msg_iovlen = 2;
    sent[count++] = &datagram;
  }

  void add_own(const Datagram& datagram) {
    parts[count][0] = part_of(datagram);
    msghdr& message = messages[count].msg_hdr;
    message = {};
    message.msg_iov = parts[count].data();
    message.msg_iovlen = 1;
    sent[count++] = &datagram;
  }

  static iovec part_of(const Datagram& datagram) {
    return {const_cast<std::uint8_t*>(datagram.payload.data()), datagram.payload.size()};
  }

  bool can_spoof(const Datagram& datagram) const {
    return raw && datagram.session.remote.family == target.address().family;
  }

  // Sends what was added. Whatever is too long for a raw socket is left in `by_own`.
  void send(int fd, Account<RelayDrop>& account, std::vector<const Datagram*>* by_own) {
    for (std::size_t done = 0, errors = 0; done < count;) {
      const int n = ::sendmmsg(fd, &messages[done], static_cast<unsigned>(count - done), MSG_DONTWAIT);
      if (n > 0) {
        account.out += static_cast<std::uint64_t>(n);
        done += static_cast<std::size_t>(n);
        errors = 0;
        continue;
      }
      if (errno == EINTR) continue;
      if (errno == EMSGSIZE && by_own != nullptr) {
        by_own->push_back(sent[done++]);
        continue;
      }
      // The first error may be news of an earlier datagram that was refused.
      if (reason_for(errno) == RelayDrop::kUnreachable && ++errors < 2) continue;
      account.drop(reason_for(errno));
      ++done;
      errors = 0;
    }
    count = 0;
  }

  std::vector<const Datagram*> by_own;  // kept for its memory
};

Relay::Relay(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Relay::~Relay() = default;
const SocketAddress& Relay::target() const { return impl_->target; }

Result<std::unique_ptr<Relay>> Relay::open(const RelaySpec& spec, AllowList allow, std::vector<std::string>& warnings) {
  const auto addresses = resolve_host(spec.target, SOCK_DGRAM, ResolveFor::kSending);
  if (!addresses) return fail("relay " + spec.name + ": " + addresses.error().message);
  auto impl = std::make_unique<Impl>();
  impl->allow = std::move(allow);
  impl->target = impl->raw_target = addresses->front();
  impl->raw_target.set_port(0);
  const int family = impl->target.family();
  impl->own = open_socket(family, SOCK_DGRAM, 0);
  if (!impl->own || ::connect(impl->own.get(), impl->target.get(), impl->target.length) != 0) {
    return fail_errno("relay " + spec.name + ": cannot send to " + impl->target.to_string(), errno);
  }
  if (spec.spoof) {
    impl->raw = open_socket(family, SOCK_RAW, IPPROTO_RAW);  // whose headers come from us
    if (!impl->raw) warnings.push_back(source_warning(spec, errno));
  }
  std::unique_ptr<Relay> relay(new Relay(std::move(impl)));
  relay->status_ = {spec.name, static_cast<bool>(relay->impl_->raw), {}};
  return relay;
}

Account<RelayDrop> Relay::forward(std::span<const Datagram> datagrams) {
  Account<RelayDrop> account;
  Impl& impl = *impl_;
  impl.by_own.clear();
  for (const Datagram& datagram : datagrams) {
    if (!impl.allow.allows(datagram.session.remote)) continue;
    ++account.in;
    if (datagram.truncated) {
      account.drop(RelayDrop::kTruncated);
    } else if (impl.can_spoof(datagram)) {
      impl.add_spoofed(datagram);
    } else {
      impl.by_own.push_back(&datagram);
    }
  }
  impl.send(impl.raw.get(), account, &impl.by_own);
  for (const Datagram* datagram : impl.by_own) impl.add_own(*datagram);
  impl.send(impl.own.get(), account, nullptr);
  return account;
}

std::vector<RelayStatus> merge_relays(const std::vector<RelayStatus>& all) {
  std::vector<RelayStatus> merged;
  for (const RelayStatus& one : all) {
    const auto known = std::ranges::find(merged, one.name, &RelayStatus::name);
    if (known == merged.end()) {
      merged.push_back(one);
    } else {
      known->datagrams += one.datagrams;
    }
  }
  return merged;
}

}  // namespace weir
