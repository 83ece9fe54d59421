#include "exporter/generator/exporter_socket.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>

namespace weir {
namespace {

constexpr std::uint32_t kFirstLoopbackSource = 0x7f000101;  // 127.0.1.1

bool is_v4_loopback(const SocketAddress& address) {
  return address.family() == AF_INET && address.address().bytes[0] == 127;
}

}  // namespace

Result<CollectorAddress> resolve_collector(std::string_view target) {
  const auto wanted = parse_host_port(target, kNetflowPort);
  if (!wanted || wanted->host.empty() || wanted->port == 0) {
    return fail("'" + std::string(target) + "' is not HOST:PORT (or [IPV6]:PORT)");
  }
  const auto found = resolve_host(*wanted, SOCK_DGRAM, ResolveFor::kSending);
  if (!found) return fail("cannot resolve " + found.error().message);
  const auto loopback = std::ranges::find_if(*found, is_v4_loopback);
  return CollectorAddress{loopback == found->end() ? found->front() : *loopback, std::string(target)};
}

Result<UniqueFd> open_exporter_socket(const CollectorAddress& collector, std::uint32_t number) {
  UniqueFd fd(::socket(collector.address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) {
    const int error = errno;
    const std::string advice = error == EMFILE ? " (raise 'ulimit -n' or use fewer exporters)" : "";
    return fail_errno("cannot open a socket for exporter " + std::to_string(number) + advice, error);
  }
  if (is_v4_loopback(collector.address)) {
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(kFirstLoopbackSource + number);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
      return fail_errno("cannot send from loopback address of exporter " + std::to_string(number), errno);
    }
  }
  if (::connect(fd.get(), collector.address.get(), collector.address.length) != 0) {
    return fail_errno("cannot send to " + collector.text, errno);
  }
  return fd;
}

}  // namespace weir
