// UDP sockets of several exporters that all send to one collector.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"
#include "flow/endpoint.h"

namespace weir {

struct CollectorAddress {
  SocketAddress address;
  std::string text;  // as the user wrote it
};

// "HOST:PORT", "[IPV6]:PORT", or a host alone for port 2055; names are resolved. Of a name with several addresses an
// IPv4 loopback address is preferred (see open_exporter_socket), else the system's first choice.
Result<CollectorAddress> resolve_collector(std::string_view target);

// A blocking socket connected to `collector`. So that a collector tells exporters apart, exporter number n sends from
// 127.0.1.1 + n when the collector is on 127.0.0.0/8, and otherwise from a port of its own.
Result<UniqueFd> open_exporter_socket(const CollectorAddress& collector, std::uint32_t number);

}  // namespace weir
