// What a netflow sink is told: udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT, and options behind a '?'.
//
//   protocol=5|9|ipfix     what is sent (ipfix, the only one over TCP and TLS)
//   source-id=N            one observation domain (v9: source ID, v5: engine type and id) for everything
//   biflow=true            IPFIX: both directions of a biflow in one record (RFC 5103); else it is sent as two
//   template-interval=TIME templates again after this long (60s), and
//   template-packets=N     after this many messages (1000)
//   size=BYTES, mtu=BYTES  longest message (UDP 1400, TCP and TLS 16384), or the link's MTU, headers taken off
//   pace=N                 UDP: at most so many packets a second, evenly spaced
//   flush=TIME             longest time that a flow waits for its message to fill (1s)
//   timeout=TIME           TCP, TLS: an unreachable collector loses what waits after this long (60s)
//   ca=, cert=, key=FILE   TLS: who signed the collector's certificate (the system's), our certificate and its key
//   verify=false           TLS: takes any certificate
//   server-name=NAME       TLS: the name that the certificate must have (HOST)
//
// Thread rules: value types.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "codecs/decoder.h"
#include "codecs/encoder.h"
#include "flow/endpoint.h"
#include "sinks/tls.h"

namespace weir {

struct NetflowOptions {
  std::string name;  // as the user wrote it
  Transport transport = Transport::kUdp;
  HostPort target;
  ExportProtocol protocol = ExportProtocol::kIpfix;
  std::optional<std::uint32_t> source_id;
  bool biflow = false;
  bool nanoseconds = false;
  std::chrono::milliseconds template_interval{60'000};
  std::uint32_t template_packets = 1000;
  std::size_t max_message = 1400;
  std::uint32_t pace = 0;  // 0: as fast as it goes
  std::chrono::milliseconds flush{1000};
  std::chrono::milliseconds timeout{60'000};
  TlsFiles tls;
  bool verify = true;
  std::string server_name;

  bool is_stream() const { return transport != Transport::kUdp; }
};

// Whether `spec` is of this sink: udp:, tcp: or tls:.
bool is_netflow(std::string_view spec);

Result<NetflowOptions> parse_netflow_options(std::string_view spec);

}  // namespace weir
