// How export messages leave: one destination's socket, and what is known of the fate of what it carried.
//
// Thread rules: one thread, the sink's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "sinks/netflow_options.h"
#include "sinks/waiter.h"

namespace weir {

// What became known since the last look, in flows; and bytes of messages handed to the system.
struct LinkNews {
  std::uint64_t delivered = 0;  // UDP: the system took it; TCP, TLS: the other host acknowledged it
  std::uint64_t lost = 0;
  std::uint64_t bytes = 0;
};

class MessageLink {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~MessageLink() = default;

  // Connected as far as is known. While it is not, send() loses what it is given.
  virtual bool up() = 0;
  // Resolves the name and connects, a few seconds at the most. The other side knows nothing of former connections.
  virtual Result<void> connect() = 0;
  // Takes a message that completes so many flows; may keep it until push(). Waits while the system takes nothing.
  virtual void send(Bytes message, std::uint64_t flows) = 0;
  virtual void push() = 0;
  virtual LinkNews take_news() = 0;
  // Flows that were sent and whose fate is open.
  virtual bool has_open() const { return false; }
  // To wait on, readable when the connection has ended; -1: none.
  virtual int fd() const { return -1; }
  // Once, after everything was pushed: ends in good order, at the latest at `deadline`; what is open then is lost.
  virtual void close(Clock::time_point deadline) = 0;
  // What is wrong; empty while all is well.
  virtual const std::string& trouble() const = 0;
};

// `options` and `waiter` must outlive the link; waiter.abort() ends every wait.
std::unique_ptr<MessageLink> make_udp_link(const NetflowOptions& options, Waiter& waiter);
std::unique_ptr<MessageLink> make_stream_link(const NetflowOptions& options, Waiter& waiter);

}  // namespace weir
