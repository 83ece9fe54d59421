// A destination that gets datagrams as they were received: --to 'udp://HOST:PORT?relay=true&spoof=false'.
//
// Value types.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "flow/endpoint.h"

namespace weir {

struct RelaySpec {
  std::string name;  // as the user wrote it
  HostPort target;
  bool spoof = true;  // keep the exporter's address and port as the datagram's source
};

// Nothing when `text` is no relay but another output.
Result<std::optional<RelaySpec>> parse_relay_spec(std::string_view text);

}  // namespace weir
