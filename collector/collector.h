// The collector: listens for export messages, decodes them to flows, and hands every batch of flows to every sink.
//
//   UDP   one socket a worker and listener; the exporter's address decides the worker (selector.h)
//   TCP   one thread for all connections, in TLS or not
//
// Each worker, and TCP, has a lane (lane.h) with its own decoder and ledger. A further thread keeps the decoders' state
// on disk.
//
// Thread rules: start() and stop() from one thread; everything else from any.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "codecs/decoder.h"
#include "collector/listen_spec.h"
#include "collector/relay_spec.h"
#include "collector/status.h"
#include "collector/tcp_listener.h"
#include "enrich/enrichment.h"
#include "sinks/sink.h"

namespace weir {

// Where a sink sends export messages to.
struct Destination {
  std::string name;  // of the sink
  Transport transport = Transport::kUdp;
  HostPort target;
};

struct CollectorOptions {
  std::vector<ListenSpec> listen{ListenSpec{}};
  unsigned workers = 0;                           // 0: one for each core
  std::size_t receive_buffer = 32 << 20;          // of each UDP socket, in the kernel
  std::vector<Prefix> allow;                      // who may send; empty: everyone
  std::vector<Prefix> trusted;                    // who may speak for other exporters: see Decoder
  std::filesystem::path state_dir;                // empty: nothing is kept
  Decoder::Limits limits;                         // of all workers together
  std::chrono::milliseconds flush_interval{200};  // how long a flow waits for its batch to fill
  TcpOptions tcp;
  std::vector<RelaySpec> relays;           // where datagrams go untouched, too
  std::vector<Destination> destinations;   // of the sinks; one that is this collector itself stops the start
  std::shared_ptr<Enrichment> enrichment;  // null: flows go on as they came
};

class Collector {
 public:
  // All of it runs afterwards, or an error says why nothing does. Warnings (a capped receive buffer) go to the log.
  static Result<std::unique_ptr<Collector>> start(const CollectorOptions& options,
                                                  std::vector<std::unique_ptr<Sink>> sinks);
  // Without stop(): ends at once, as a crash would. What waits in the kernel and unsaved state are lost.
  ~Collector();

  // One moment of the whole ledger.
  CollectorStatus status() const;
  std::vector<TemplateView> templates() const;
  // The answer to a command of the control socket: "status", "status json", "templates", and those of live/live_view.h.
  Result<std::string> answer(std::string_view command) const;
  // What the listeners are bound to: UDP in the order of the options, then TCP likewise.
  std::vector<SocketAddress> bound() const;
  // The same in words: "udp://[::]:2055".
  std::vector<std::string> listening() const;

  // Nobody will ever read any of the sinks again.
  bool all_sinks_gone() const;
  // Has every sink open its output again, TLS listeners read their certificates, and enrichment look at its files
  // (SIGHUP).
  void reopen();
  // Decodes what has arrived until now, saves the state, and closes the sinks, each step at the latest at `deadline`.
  // status() still answers afterwards, with the final ledger.
  void stop(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  explicit Collector(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
