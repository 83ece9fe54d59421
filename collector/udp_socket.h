// The UDP sockets of one listener: one a worker, all bound to the same address and port.
//
// Thread rules: a UdpSocket is received from by one thread; read_drops() and queued_bytes() may be called from any, one
// at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "collector/listen_spec.h"

namespace weir {

class UdpSocket {
 public:
  UdpSocket(UniqueFd fd, SocketAddress bound, std::size_t buffer);

  int fd() const { return fd_.get(); }
  const SocketAddress& bound() const { return bound_; }
  // What the kernel granted of the receive buffer asked for.
  std::size_t buffer() const { return buffer_; }

  // Datagrams that the kernel dropped since the last call, for want of room or for a bad checksum, those that arrived
  // last included.
  std::uint64_t read_drops();
  // Memory that waiting datagrams take in the kernel.
  std::size_t queued_bytes() const;

 private:
  UniqueFd fd_;
  SocketAddress bound_;
  std::size_t buffer_;
  std::uint32_t drops_seen_ = 0;
};

struct UdpGroup {
  ListenSpec spec;
  std::vector<UdpSocket> sockets;     // by worker
  std::vector<std::string> warnings;  // for the log: the buffer was capped, IPv6 is off
};

// Opens the sockets of one listener, all or none. Nothing else on this host receives on the port then: an address in
// use is an error, even where the other program would share it.
Result<UdpGroup> open_udp(const ListenSpec& spec, unsigned workers, std::size_t receive_buffer);

}  // namespace weir
