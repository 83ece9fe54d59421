// What UDP and TCP listeners share: where to bind, and what to say when that fails.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "collector/listen_spec.h"

namespace weir {

// Where to listen: what the spec says, or every IPv4 address (with a warning) where it says [::] and this host has no
// IPv6.
Result<SocketAddress> listen_address(const ListenSpec& spec, std::vector<std::string>& warnings);

// False when the system refuses.
bool set_option(int fd, int level, int option, int value);

// An IPv6 socket takes IPv4 as well when the spec is any().
bool set_dual_stack(int fd, const ListenSpec& spec);

// A socket that listens for connections.
Result<UniqueFd> bind_stream(const ListenSpec& spec, const SocketAddress& address);

// Whether this host has that address.
bool is_own_address(const IpAddress& address);

// The error of a bind() that failed, with what to do about it.
std::unexpected<Error> bind_error(const ListenSpec& spec, int error_number);

}  // namespace weir
