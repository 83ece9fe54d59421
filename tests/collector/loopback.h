// Exporters made of plain sockets on loopback, for tests.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "base/bytes.h"
#include "base/unique_fd.h"
#include "collector/listen_spec.h"

namespace weir {

inline SocketAddress socket_address(const std::string& host, std::uint16_t port) {
  return resolve({Transport::kUdp, {host, port}}).value();
}

// A socket that sends from `source` (any address of 127.0.0.0/8, or ::1) to `to`.
class Exporter {
 public:
  Exporter(const std::string& source, const SocketAddress& to, int type = SOCK_DGRAM)
      : fd_(::socket(to.family(), type | SOCK_CLOEXEC, 0)) {
    const SocketAddress from = socket_address(source, 0);
    EXPECT_EQ(::bind(fd_.get(), from.get(), from.length), 0) << source;
    EXPECT_EQ(::connect(fd_.get(), to.get(), to.length), 0) << to.to_string();
  }

  void send(Bytes message) const {
    EXPECT_EQ(::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL), static_cast<ssize_t>(message.size()));
  }
  int fd() const { return fd_.get(); }
  void close() { fd_.reset(); }

 private:
  UniqueFd fd_;
};

}  // namespace weir
