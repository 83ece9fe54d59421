// Receiving many datagrams by one system call.
//
// Thread rules: one thread. What receive() gives is good until the next call.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "codecs/decoder.h"
#include "collector/udp_socket.h"

namespace weir {

struct Datagram {
  Session session;
  Bytes payload;
  bool truncated = false;  // longer than any UDP datagram over IPv4 or IPv6 (a jumbogram)
};

class ReceiveBatch {
 public:
  static constexpr std::size_t kSlots = 64;

  ReceiveBatch();
  ~ReceiveBatch();

  // What waits at the socket, at most kSlots; empty when nothing does.
  std::span<const Datagram> receive(const UdpSocket& socket);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
