// Datagrams of one socket at a time, sent many per system call.
//
// Thread rules: one thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "exporter/generator/sender.h"

namespace weir {

class DatagramQueue {
 public:
  static constexpr std::size_t kSlots = 32;  // datagrams per system call

  // Counts what is sent in `totals`. No datagram may be longer than `max_datagram`.
  DatagramQueue(std::size_t max_datagram, GenerateTotals& totals);
  DatagramQueue(const DatagramQueue&) = delete;
  DatagramQueue& operator=(const DatagramQueue&) = delete;

  // Queues a datagram that carries `flows`; sends first what is queued for another socket, or all when full.
  void push(int socket, Bytes datagram, std::size_t flows);
  void send();

 private:
  std::size_t send_some(std::size_t first);
  void count_sent(std::size_t slot);

  GenerateTotals& totals_;
  std::size_t max_datagram_;
  std::vector<std::uint8_t> buffer_;
  std::array<iovec, kSlots> parts_{};
  std::array<mmsghdr, kSlots> messages_{};
  std::array<std::size_t, kSlots> flows_{};
  std::size_t count_ = 0;
  int socket_ = -1;
};

}  // namespace weir
