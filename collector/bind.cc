#include "collector/bind.h"

#include <netinet/in.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace weir {
namespace {

constexpr int kBacklog = 128;

bool host_has_ipv6() {
  const UniqueFd probe(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  if (probe && ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0) return true;
  return errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL;
}

}  // namespace

Result<SocketAddress> listen_address(const ListenSpec& spec, std::vector<std::string>& warnings) {
  if (!spec.any() || host_has_ipv6()) return resolve(spec);
  warnings.push_back(to_string(spec) + ": IPv6 is off on this host, listening on 0.0.0.0");
  return SocketAddress::any_v4(spec.endpoint.port);
}

bool set_option(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool set_dual_stack(int fd, const ListenSpec& spec) {
  return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, spec.any() ? 0 : 1);
}

bool is_own_address(const IpAddress& address) {
  const SocketAddress any_port = SocketAddress::from(address, 0);
  const UniqueFd probe(::socket(any_port.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return probe && ::bind(probe.get(), any_port.get(), any_port.length) == 0;
}

Result<UniqueFd> bind_stream(const ListenSpec& spec, const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot listen on " + to_string(spec), errno);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);  // past connections in TIME_WAIT do not hold the port
  if (address.family() == AF_INET6) set_dual_stack(fd.get(), spec);
  if (::bind(fd.get(), address.get(), address.length) != 0) return bind_error(spec, errno);
  if (::listen(fd.get(), kBacklog) != 0) return bind_error(spec, errno);
  return fd;
}

std::unexpected<Error> bind_error(const ListenSpec& spec, int error_number) {
  const std::string port = std::to_string(spec.endpoint.port);
  const bool tcp = spec.is_stream();
  if (error_number == EADDRINUSE) {
    return fail("cannot listen on " + to_string(spec) + ": port " + port +
                " is already in use by another program (ss -" + (tcp ? "ltnp" : "lunp") + " 'sport = :" + port +
                "' names it); stop it or choose another port with --listen");
  }
  if (error_number == EACCES) {
    return fail("cannot listen on " + to_string(spec) + ": no permission for port " + port +
                "; ports below 1024 need CAP_NET_BIND_SERVICE (setcap cap_net_bind_service=ep, or " +
                "AmbientCapabilities in the service); or choose a higher port with --listen");
  }
  if (error_number == EADDRNOTAVAIL) {
    return fail("cannot listen on " + to_string(spec) + ": this host has no such address; see: ip address");
  }
  return fail_errno("cannot listen on " + to_string(spec), error_number);
}

}  // namespace weir
