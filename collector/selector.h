// Which worker decodes an exporter: decided by the kernel for every datagram (a classic BPF program on the group of
// SO_REUSEPORT sockets) and, by the same function in C++, for what is restored from disk. Only the exporter's address
// counts, so that all its source ports meet in one decoder, which may then lend templates between them.
#pragma once

#include "base/error.h"
#include "flow/address.h"

namespace weir {

// 0 to workers - 1. IPv4-mapped addresses count as IPv4. REQUIRES workers > 0.
unsigned worker_for(const IpAddress& exporter, unsigned workers);

// Makes the kernel give datagrams to the socket of the group, counted in the order of bind(), that worker_for() says.
// `fd` is any socket of the group.
Result<void> attach_selector(int fd, unsigned workers);

// From now on the kernel drops what arrives at `fd`, and counts it among the socket's drops.
Result<void> refuse_datagrams(int fd);
Result<void> accept_datagrams(int fd);

}  // namespace weir
