// Where to listen, as the user writes it: udp://[::]:2055, udp://0.0.0.0:2055, udp://collector.lan:9995,
// tcp://[::]:4739, and for short `:2055` or `2055`.
//
// Value types and pure functions, save resolve(), which may ask DNS.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "codecs/decoder.h"
#include "flow/address.h"

namespace weir {

inline constexpr std::uint16_t kNetflowPort = 2055;
inline constexpr std::uint16_t kIpfixTcpPort = 4739;  // RFC 7011 §10.1

struct HostPort {
  std::string host;  // without brackets; empty: not named
  std::uint16_t port = 0;
};

// "host:port", "[v6]:port", ":port", "port" or "host"; what is left out stays empty or becomes `default_port`.
Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port);
std::string to_string(const HostPort& endpoint);

struct ListenSpec {
  Transport transport = Transport::kUdp;
  HostPort endpoint{"::", kNetflowPort};

  // IPv4 and IPv6 on every address.
  bool any() const { return endpoint.host == "::"; }
};

Result<ListenSpec> parse_listen_spec(std::string_view text);
std::string to_string(const ListenSpec& spec);

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

  static SocketAddress any_v4(std::uint16_t port);
  // What `fd` is bound to.
  static SocketAddress of(int fd);
};

// The first address that the spec's host has.
Result<SocketAddress> resolve(const ListenSpec& spec);

}  // namespace weir
