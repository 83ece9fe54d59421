// Hosts and ports, as people write them and as the socket calls take them.
//
// Value types and pure functions, save resolve_host(), which may ask DNS.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "flow/address.h"

namespace weir {

inline constexpr std::uint16_t kNetflowPort = 2055;
// RFC 7011 §10.1
inline constexpr std::uint16_t kIpfixPort = 4739;
inline constexpr std::uint16_t kIpfixTlsPort = 4740;

struct HostPort {
  std::string host;  // without brackets; empty: not named
  std::uint16_t port = 0;
};

// "host:port", "[v6]:port", ":port", "port" or "host"; what is left out stays empty or becomes `default_port`.
Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port);
std::string to_string(const HostPort& endpoint);

// An address and port as the socket calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  // IPv4-mapped addresses come out as IPv4.
  IpAddress address() const;
  std::uint16_t port() const;
  void set_port(std::uint16_t port);
  std::string to_string() const;
  bool is_wildcard() const { return address().bytes == AddressBytes{}; }
  // Same address and port.
  bool operator==(const SocketAddress& other) const { return address() == other.address() && port() == other.port(); }

  static SocketAddress from(const IpAddress& address, std::uint16_t port);
  static SocketAddress any_v4(std::uint16_t port);
  // What `fd` is bound to.
  static SocketAddress of(int fd);
};

enum class ResolveFor : std::uint8_t { kListening, kSending };

// All addresses of a host, in the system's order of preference; never none. `socket_type` is SOCK_DGRAM or SOCK_STREAM.
// May wait for DNS as long as the system's resolver does.
Result<std::vector<SocketAddress>> resolve_host(const HostPort& endpoint, int socket_type, ResolveFor purpose);

}  // namespace weir
