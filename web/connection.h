// A client's connection, in TLS or not, with a bound on how long and how much it may send and how slowly it may read.
//
// Thread rules: one thread, save `stopping` and `crowded`, which others set.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "web/tls_context.h"

struct ssl_st;

namespace weir {

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::size_t head = 16 << 10;               // bytes of request line and headers
    std::size_t body = 256 << 10;              // bytes
    std::chrono::milliseconds idle{5'000};     // between requests
    std::chrono::milliseconds whole{10'000};   // for a whole request to arrive, the TLS handshake likewise
    std::chrono::milliseconds stall{10'000};   // for the client to read something
    std::chrono::milliseconds crowded{1'000};  // instead of `idle` and `whole` while others wait for their turn
  };

  // `tls` may be null. Everything here gives up soon once `stopping` is set.
  Connection(UniqueFd socket, const TlsContext& tls, const Limits& limits, const std::atomic<bool>& stopping,
             const std::atomic<bool>& crowded);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The TLS handshake, where there is one.
  bool greet();

  enum class Head { kRead, kEnded, kTooLate, kTooLarge };
  // Waits for a request and reads its head, which read() gives first; then its body, within the limits.
  Head read_head();
  // What has been read: all of the head, and what came with it. May be changed in place.
  std::string& head() { return buffer_; }

  // As recv(): 0 at the end, -1 for trouble, which a limit is too.
  ssize_t read(char* to, std::size_t size);
  // All of it or -1.
  ssize_t write(const char* from, std::size_t size);
  // The client closed the connection, or its side of it.
  bool gone() const;
  int fd() const { return socket_.get(); }

 private:
  enum class Wait { kReady, kLate, kBroken };
  Wait wait(short events, Clock::time_point deadline, Clock::time_point when_crowded = Clock::time_point::max()) const;
  // One recv() or send(), waiting for it until the deadline.
  ssize_t receive(char* to, std::size_t size, Clock::time_point deadline);
  ssize_t send_some(const char* from, std::size_t size, Clock::time_point deadline);

  UniqueFd socket_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
  const Limits limits_;
  const std::atomic<bool>& stopping_;
  const std::atomic<bool>& crowded_;
  bool late_ = false;
  std::string buffer_;  // received and not yet read
  std::size_t at_ = 0;  // of what is not yet read
  std::size_t body_left_ = 0;
  Clock::time_point deadline_;
  Clock::time_point when_crowded_;  // what is received has this deadline while others wait
};

}  // namespace weir
