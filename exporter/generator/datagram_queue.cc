#include "exporter/generator/datagram_queue.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir {

DatagramQueue::DatagramQueue(std::size_t max_datagram, GenerateTotals& totals)
    : totals_(totals), max_datagram_(max_datagram), buffer_(kSlots * max_datagram) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    parts_[i].iov_base = &buffer_[i * max_datagram_];
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

void DatagramQueue::push(int socket, Bytes datagram, std::size_t flows) {
  if (count_ == kSlots || socket != socket_) send();
  socket_ = socket;
  std::ranges::copy(datagram, &buffer_[count_ * max_datagram_]);
  parts_[count_].iov_len = datagram.size();
  flows_[count_] = flows;
  ++count_;
}

void DatagramQueue::send() {
  for (std::size_t done = 0; done < count_;) done += send_some(done);
  count_ = 0;
}

// Sends from `first` on, until the system stops; returns how many datagrams that settled. A datagram is given up at its
// second error: the first may be news of an earlier one (ECONNREFUSED).
std::size_t DatagramQueue::send_some(std::size_t first) {
  for (int errors = 0; errors < 2;) {
    const int sent = ::sendmmsg(socket_, &messages_[first], static_cast<unsigned>(count_ - first), 0);
    if (sent > 0) {
      const std::size_t end = first + static_cast<std::size_t>(sent);
      for (std::size_t i = first; i < end; ++i) count_sent(i);
      return end - first;
    }
    if (errno == EINTR) continue;
    ++errors;
    ++totals_.send_errors;
    totals_.last_error = std::strerror(errno);
  }
  totals_.flows_unsent += flows_[first];
  return 1;
}

void DatagramQueue::count_sent(std::size_t slot) {
  ++totals_.datagrams;
  totals_.flows += flows_[slot];
  totals_.bytes += parts_[slot].iov_len;
}

}  // namespace weir
