// Where to listen, as the user writes it: udp://[::]:2055, udp://0.0.0.0:2055, udp://collector.lan:9995,
// tcp://[::]:4739, tls://[::]:4739?cert=FILE&key=FILE, and for short `:2055` or `2055`.
//
// Value types and pure functions, save resolve(), which may ask DNS.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "codecs/decoder.h"
#include "flow/endpoint.h"
#include "sinks/tls.h"

namespace weir {

struct ListenSpec {
  Transport transport = Transport::kUdp;
  HostPort endpoint{"::", kNetflowPort};
  TlsFiles tls{};  // for Transport::kTls: certificate and key; with `ca`, clients need a certificate that it signed

  // IPv4 and IPv6 on every address.
  bool any() const { return endpoint.host == "::"; }
  bool is_stream() const { return transport != Transport::kUdp; }
};

Result<ListenSpec> parse_listen_spec(std::string_view text);
// Without options.
std::string to_string(const ListenSpec& spec);

// The first address that the spec's host has.
Result<SocketAddress> resolve(const ListenSpec& spec);

}  // namespace weir
