// Forwards datagrams as they were received to another collector, before they are decoded. Each worker has its own
// relay for each destination, on its own sockets.
//
// With spec.spoof and the right to it (CAP_NET_RAW) datagrams keep their exporter's address and port as their source.
// They come from this host's address where that right is missing, where exporter and destination are not of one address
// family, and where a datagram is longer than the path's MTU, which the kernel then fragments.
//
// Nothing here waits: what a full socket does not take is dropped and counted.
//
// Thread rules: forward() from the worker's thread; the rest under the lane's lock.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ledger.h"
#include "collector/allow_list.h"
#include "collector/receive_batch.h"
#include "collector/relay_spec.h"

namespace weir {

enum class RelayDrop : std::uint8_t {
  kSocketFull,   // the network interface or socket cannot keep up
  kUnreachable,  // no route, or refused by the system (firewall)
  kTruncated,    // was cut when it was received
  kCount
};
std::string_view reason_name(RelayDrop reason);

struct RelayStatus {
  std::string name;
  bool keeps_source = false;
  Account<RelayDrop> datagrams;
};

class Relay {
 public:
  // What comes from others than `allow` is not forwarded. Why the source address will not be kept goes to `warnings`.
  // Errors: the host cannot be resolved or reached.
  static Result<std::unique_ptr<Relay>> open(const RelaySpec& spec, AllowList allow,
                                             std::vector<std::string>& warnings);
  ~Relay();

  // Sends all at once, and says what became of them.
  Account<RelayDrop> forward(std::span<const Datagram> datagrams);

  void count(const Account<RelayDrop>& sent) { status_.datagrams += sent; }
  const RelayStatus& status() const { return status_; }
  const SocketAddress& target() const;

 private:
  struct Impl;
  explicit Relay(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
  RelayStatus status_;
};

// The relay of all workers together, by destination.
std::vector<RelayStatus> merge_relays(const std::vector<RelayStatus>& all);

}  // namespace weir
