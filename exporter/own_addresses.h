// What this host calls itself: the addresses and networks of its interfaces.
#pragma once

#include <string>
#include <vector>

#include "flow/address.h"

namespace weir {

struct OwnAddresses {
  // The addresses of all interfaces with their networks' lengths: what is on the inside when nothing else says so.
  std::vector<Prefix> nets;
  // The one to be known by: global before private before link-local before loopback, IPv4 before IPv6, and of the
  // interfaces in `preferred` before the others; 127.0.0.1 where there is none.
  IpAddress best;
};

OwnAddresses own_addresses(const std::vector<std::string>& preferred);

std::string host_name();

}  // namespace weir
