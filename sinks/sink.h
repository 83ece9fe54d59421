// Where flows go. A sink takes published batches, never blocks its caller, and keeps account of every flow.
//
// Thread rules: submit(), status() and reopen() from any thread; close() once, after the last submit().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ledger.h"
#include "flow/batch.h"

namespace weir {

enum class SinkDrop : std::uint8_t {
  kQueueFull,         // the sink cannot keep up
  kWriteError,        // disk full, file gone
  kRejected,          // the server refused the records
  kUnreachable,       // the server did not answer, after retries
  kClosing,           // not delivered before the shutdown deadline
  kNotRepresentable,  // the sink's protocol has no words for the flow (NetFlow v5: IPv6)
  kSpoolFull,         // the oldest of the spool, for want of room
  kDamaged,           // no longer readable in the spool
  kCount
};
std::string_view reason_name(SinkDrop reason);

// What a sink that must have its records confirmed tells besides.
struct DeliveryStatus {
  std::uint64_t spooled_flows = 0;  // on disk and not settled; part of `held`, own and recovered
  std::uint64_t spooled_bytes = 0;  // of the spool's files
  std::uint64_t written_flows = 0;  // own, ever written to the spool
  std::uint64_t retries = 0;        // requests that have to be sent again
  std::uint64_t resent_flows = 0;   // sent again after a request that may have been taken: possible duplicates
  std::uint64_t dead_letters = 0;   // flows of requests that are in the dead-letter file
  Account<SinkDrop> recovered;      // flows that an earlier process left in the spool; not part of SinkStatus::flows
};

struct SinkStatus {
  std::string name;             // as the user wrote it, secrets removed
  Account<SinkDrop> flows;      // out: written or confirmed; held: queued or in flight
  std::uint64_t bytes_out = 0;  // after encoding, before compression
  std::string last_error;       // empty while all is well
  bool gone = false;            // nobody will ever read it again (a pipe without a reader)
  std::optional<DeliveryStatus> delivery = std::nullopt;
};

// What happens to a batch when the queue is full.
enum class WhenFull : std::uint8_t {
  kDrop,  // counted as kQueueFull: a live collector must not wait
  kWait,  // submit() blocks: reading files loses nothing
};

class Sink {
 public:
  virtual ~Sink() = default;

  virtual void submit(BatchRef batch) = 0;
  virtual SinkStatus status() const = 0;
  // Close and open the output again under its name (SIGHUP, after logrotate).
  virtual void reopen() {}
  // Delivers what is queued, at the latest until `deadline`; the rest is dropped as kClosing. Idempotent.
  virtual void close(std::chrono::steady_clock::time_point deadline) = 0;
};

// Encoding threads shared by all sinks.
class EncodePool;

struct SinkContext {
  std::shared_ptr<EncodePool> encoders;
  WhenFull when_full = WhenFull::kDrop;
  std::size_t queue_batches = 128;       // bound of each sink's queue
  std::filesystem::path spool_dir = {};  // where each sink's spool has a directory of its own; empty: nowhere
};

// Opens the sink that `spec` names:
//
//   stdout[?format=json|csv|text&fields=full|compact|all&biflow=split|merge]
//   file:PATH[?format=…&fields=…&biflow=…&rotate-size=100MB&rotate-interval=1h&keep=N]
//   store:DIR[?raw-retain=30d&rollup-retain=2y&max-size=200GB]
//   http://… https://…   (batched JSON; options in http_options.h)
//   udp://HOST:PORT tcp://… tls://…   (NetFlow v5, v9, IPFIX; options in netflow_options.h)
//
// Errors, for bad usage: unknown scheme or option (with the nearest known one), a path that cannot be written, a
// store that another process writes.
Result<std::unique_ptr<Sink>> open_sink(std::string_view spec, const SinkContext& context);

}  // namespace weir
