// IPFIX over TCP (RFC 7011 §10.4), plain or in TLS (§11.1): accepts connections and decodes their messages, all in one
// thread and one lane.
//
// A connection that sends anything but IPFIX is closed. Exporters wait when the collector is slow, as TCP makes them.
// Memory is bounded: 64 KiB a connection at the most, and a limit of connections.
//
// Thread rules: start() and stop() from the owner's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "collector/lane.h"
#include "collector/listen_spec.h"

namespace weir {

struct TcpOptions {
  std::size_t max_connections = 1024;
  // An exporter may have nothing to tell for long; a dead one is found earlier by TCP keep-alive.
  std::chrono::seconds idle_timeout{3600};
  // TLS: how long a handshake may take, and how many may be under way, since each costs much and proves nothing yet.
  std::chrono::seconds handshake_timeout{10};
  std::size_t max_handshakes = 128;
};

struct TcpStatus {
  std::vector<std::string> listeners;   // TcpListener::listeners()
  Account<ConnectionDrop> connections;  // held: open now; out: closed in good order
};

class TcpListener {
 public:
  // Binds all of `specs` or fails.
  static Result<std::unique_ptr<TcpListener>> open(const std::vector<ListenSpec>& specs, Lane& lane,
                                                   const TcpOptions& options, std::chrono::nanoseconds flush_interval);
  // Closes without draining.
  ~TcpListener();

  void start();
  // Takes in what has arrived until now, at the latest until `deadline`, closes all connections and ends the thread.
  void stop(std::chrono::steady_clock::time_point deadline);

  // Reads the certificates again; where that fails, the log says so and those in use stay.
  void reload_certificates();

  const std::vector<SocketAddress>& bound() const;
  // The same in words: "tcp://[::]:4739".
  std::vector<std::string> listeners() const;
  const std::vector<std::string>& warnings() const;
  // REQUIRES the lane's lock.
  TcpStatus status() const;

 private:
  struct Impl;
  explicit TcpListener(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
