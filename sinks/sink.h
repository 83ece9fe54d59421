// Where flows go. A sink takes published batches, never blocks its caller, and keeps account of every flow.
//
// Thread rules: submit(), status() and reopen() from any thread; close() once, after the last submit().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
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
  kCount
};
std::string_view reason_name(SinkDrop reason);

struct SinkStatus {
  std::string name;             // as the user wrote it, secrets removed
  Account<SinkDrop> flows;      // out: written or confirmed; held: queued or in flight
  std::uint64_t bytes_out = 0;  // after encoding, before compression
  std::string last_error;       // empty while all is well
  bool gone = false;            // nobody will ever read it again (a pipe without a reader)
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
  std::size_t queue_batches = 128;  // bound of each sink's queue
};

// Opens the sink that `spec` names:
//
//   stdout[?format=json|csv|text&fields=full|compact|all&biflow=split|merge]
//   file:PATH[?format=…&fields=…&biflow=…&rotate-size=100MB&rotate-interval=1h&keep=N]
//   store:DIR[?raw-retain=30d&rollup-retain=2y&max-size=200GB]
//   http://… https://…   (batched JSON arrays; options in http_options.h)
//   udp://HOST:PORT tcp://… tls://…   (NetFlow v5, v9, IPFIX; options in netflow_options.h)
//
// Errors, for bad usage: unknown scheme or option (with the nearest known one), a path that cannot be written, a
// store that another process writes.
Result<std::unique_ptr<Sink>> open_sink(std::string_view spec, const SinkContext& context);

}  // namespace weir
