#include "exporter/generator/exporter_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace weir {
namespace {

constexpr std::uint32_t kFirstLoopbackSource = 0x7f000101;  // 127.0.1.1

struct HostPort {
  std::string host;
  std::string port = "2055";
};

Result<HostPort> split(std::string_view target) {
  HostPort result;
  const auto bad = [&] { return fail("'" + std::string(target) + "' is not HOST:PORT (or [IPV6]:PORT)"); };
  std::string_view rest = target;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return bad();
    result.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  } else {
    const std::size_t colon = rest.find(':');
    result.host = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon, rest.size()));
  }
  if (!rest.empty()) {
    if (rest[0] != ':') return bad();
    result.port = rest.substr(1);
  }
  const bool digits = result.port.find_first_not_of("0123456789") == std::string::npos;
  if (result.host.empty() || !digits || result.port.empty() || result.port.size() > 5) return bad();
  const unsigned long port = std::stoul(result.port);
  if (port == 0 || port > 65535) return bad();
  return result;
}

bool is_v4_loopback(const sockaddr* address) {
  if (address->sa_family != AF_INET) return false;
  sockaddr_in v4;
  std::memcpy(&v4, address, sizeof v4);
  return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
}

const sockaddr* generic(const sockaddr_storage& address) { return reinterpret_cast<const sockaddr*>(&address); }

}  // namespace

Result<CollectorAddress> resolve_collector(std::string_view target) {
  const Result<HostPort> wanted = split(target);
  if (!wanted) return std::unexpected(wanted.error());
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(wanted->host.c_str(), wanted->port.c_str(), &hints, &found);
  if (error != 0) return fail("cannot resolve '" + wanted->host + "': " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);

  const addrinfo* chosen = list.get();
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    if (is_v4_loopback(a->ai_addr)) {
      chosen = a;
      break;
    }
  }
  CollectorAddress result;
  std::memcpy(&result.address, chosen->ai_addr, chosen->ai_addrlen);
  result.length = chosen->ai_addrlen;
  result.text = target;
  return result;
}

Result<UniqueFd> open_exporter_socket(const CollectorAddress& collector, std::uint32_t number) {
  UniqueFd fd(::socket(collector.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) {
    const int error = errno;
    const std::string advice = error == EMFILE ? " (raise 'ulimit -n' or use fewer exporters)" : "";
    return fail_errno("cannot open a socket for exporter " + std::to_string(number) + advice, error);
  }
  if (is_v4_loopback(generic(collector.address))) {
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(kFirstLoopbackSource + number);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
      return fail_errno("cannot send from loopback address of exporter " + std::to_string(number), errno);
    }
  }
  if (::connect(fd.get(), generic(collector.address), collector.length) != 0) {
    return fail_errno("cannot send to " + collector.text, errno);
  }
  return fd;
}

}  // namespace weir
