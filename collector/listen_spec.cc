#include "collector/listen_spec.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

namespace weir {
namespace {

Result<std::uint16_t> parse_port(std::string_view text, std::string_view whole) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail("'" + std::string(whole) + "': '" + std::string(text) + "' is not a port number (0 to 65535)");
  }
  return port;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<HostPort> with_port(std::string_view host, std::string_view port, std::string_view whole) {
  auto number = parse_port(port, whole);
  if (!number) return std::unexpected(number.error());
  return HostPort{std::string(host), *number};
}

Result<HostPort> parse_bracketed(std::string_view text, std::uint16_t default_port) {
  const std::size_t close = text.find(']');
  if (close == std::string_view::npos) return fail("'" + std::string(text) + "': the closing ']' is missing");
  const std::string_view host = text.substr(1, close - 1);
  const std::string_view rest = text.substr(close + 1);
  if (rest.empty()) return HostPort{std::string(host), default_port};
  if (rest.front() != ':') return fail("'" + std::string(text) + "': a ':' and the port must follow the ']'");
  return with_port(host, rest.substr(1), text);
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
  if (text.empty()) return HostPort{"", default_port};
  if (is_number(text)) return with_port("", text, text);
  if (text.front() == '[') return parse_bracketed(text, default_port);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return HostPort{std::string(text), default_port};
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return fail("'" + std::string(text) +
                "': write an IPv6 address in brackets, as in [2001:db8::1]:" + std::to_string(default_port));
  }
  return with_port(text.substr(0, colon), text.substr(colon + 1), text);
}

std::string to_string(const HostPort& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

Result<ListenSpec> parse_listen_spec(std::string_view text) {
  ListenSpec spec;
  std::string_view rest = text;
  if (const std::size_t at = text.find("://"); at != std::string_view::npos) {
    const std::string_view scheme = text.substr(0, at);
    rest = text.substr(at + 3);
    if (scheme == "tcp") {
      spec.transport = Transport::kTcp;
    } else if (scheme == "tls") {
      return fail("'" + std::string(text) + "': listening with TLS is not there yet; use tcp:// or udp://");
    } else if (scheme != "udp") {
      return fail("'" + std::string(text) + "': cannot listen on '" + std::string(scheme) +
                  "://'; use udp:// or tcp://");
    }
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto endpoint = parse_host_port(rest, spec.transport == Transport::kTcp ? kIpfixTcpPort : kNetflowPort);
  if (!endpoint) return std::unexpected(endpoint.error());
  spec.endpoint = std::move(*endpoint);
  if (spec.endpoint.host.empty() || spec.endpoint.host == "*") spec.endpoint.host = "::";
  return spec;
}

std::string to_string(const ListenSpec& spec) {
  return (spec.transport == Transport::kTcp ? "tcp://" : "udp://") + to_string(spec.endpoint);
}

IpAddress SocketAddress::address() const {
  if (family() == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    return IpAddress::v4(reinterpret_cast<const std::uint8_t*>(&in.sin_addr));
  }
  if (family() == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(storage);
    return IpAddress::v6(in.sin6_addr.s6_addr).unmapped();
  }
  return {};
}

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

void SocketAddress::set_port(std::uint16_t port) {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(storage).sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage).sin6_port = htons(port);
}

std::string SocketAddress::to_string() const { return weir::to_string(HostPort{address().to_string(), port()}); }

SocketAddress SocketAddress::any_v4(std::uint16_t port) {
  SocketAddress any;
  any.storage.ss_family = AF_INET;
  any.length = sizeof(sockaddr_in);
  any.set_port(port);
  return any;
}

SocketAddress SocketAddress::of(int fd) {
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(fd, bound.get(), &bound.length) != 0) return {};
  return bound;
}

Result<SocketAddress> resolve(const ListenSpec& spec) {
  addrinfo hints{};
  hints.ai_socktype = spec.transport == Transport::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(spec.endpoint.host.c_str(), std::to_string(spec.endpoint.port).c_str(), &hints, &found);
  if (error != 0) {
    return fail("cannot listen on " + to_string(spec) + ": '" + spec.endpoint.host + "': " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
  SocketAddress address;
  address.length = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  return address;
}

}  // namespace weir
