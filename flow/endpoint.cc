#include "flow/endpoint.h"

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

SocketAddress SocketAddress::from(const IpAddress& address, std::uint16_t port) {
  SocketAddress made;
  if (address.family == Family::kV6) {
    auto& in = reinterpret_cast<sockaddr_in6&>(made.storage);
    std::memcpy(in.sin6_addr.s6_addr, address.bytes.data(), 16);
    made.storage.ss_family = AF_INET6;
    made.length = sizeof in;
  } else {
    auto& in = reinterpret_cast<sockaddr_in&>(made.storage);
    std::memcpy(&in.sin_addr, address.bytes.data(), 4);
    made.storage.ss_family = AF_INET;
    made.length = sizeof in;
  }
  made.set_port(port);
  return made;
}

SocketAddress SocketAddress::any_v4(std::uint16_t port) { return from(IpAddress::v4(0U), port); }

SocketAddress SocketAddress::of(int fd) {
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(fd, bound.get(), &bound.length) != 0) return {};
  return bound;
}

Result<std::vector<SocketAddress>> resolve_host(const HostPort& endpoint, int socket_type, ResolveFor purpose) {
  addrinfo hints{};
  hints.ai_socktype = socket_type;
  hints.ai_flags = AI_NUMERICSERV | (purpose == ResolveFor::kListening ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (error != 0) return fail("'" + endpoint.host + "': " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
  std::vector<SocketAddress> all;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    SocketAddress& address = all.emplace_back();
    address.length = one->ai_addrlen;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
  }
  return all;
}

}  // namespace weir
