// The one writer of a store: takes batches, keeps a journal, makes segments, merges them, lets old ones go.
//
// A directory has one writer at a time (a lock tells) and any number of readers in other processes (snapshot.h).
// Durability: what append() took is in the journal within a tenth of a second and fsync'ed within a second. A crash
// loses at most what was not yet fsync'ed, and doubles nothing.
//
// Thread rules: append(), flush() and close() from one thread; status() from any. Segments are built, merged and
// retired by a thread of the writer's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/ledger.h"
#include "flow/batch.h"
#include "store/file_layer.h"

namespace weir {

struct StoreOptions {
  std::filesystem::path dir;  // made when it does not exist
  // Raw flows older than this become roll-ups, or go where rollup_retain is not set. Not set: kept.
  std::optional<std::chrono::seconds> raw_retain;
  // Roll-ups older than this go. Not set: there is no roll-up tier.
  std::optional<std::chrono::seconds> rollup_retain;
  // The whole store stays below this: the oldest raw day is rolled up, or goes; then the oldest roll-ups. 0: no bound.
  std::uint64_t max_size = 0;
  // A journal becomes a segment at this many rows or this age. Where so many come in that time they need not be merged.
  std::size_t segment_rows = 2u << 20;
  std::chrono::seconds segment_age{300};
  // Merged segments have at most this many rows and never span two UTC days.
  std::size_t merged_rows = 2u << 20;
  // Merge in the background. Off only for tests and `weir db`.
  bool compact = true;
  // Tests put one here that loses what was not fsync'ed, or runs full.
  std::shared_ptr<FileLayer> files;
  // Told of what a person should know: a disk that ran full, a damaged segment. Called from the writer's threads and
  // from append(); must not call the writer.
  std::function<void(const std::string&)> warn;
};

enum class StoreDrop : std::uint8_t {
  kDiskFull,    // no room
  kWriteError,  // a write that failed otherwise
  kCount
};
std::string_view reason_name(StoreDrop reason);

struct StoreStatus {
  Account<StoreDrop> flows;  // out: fsync'ed
  std::uint64_t bytes_on_disk = 0;
  std::uint64_t segments = 0;
  std::uint64_t clamped = 0;  // flows whose end lay more than an hour off their time of receipt
  std::string last_error;     // empty while all is well
};

class StoreWriter {
 public:
  // Takes the lock and recovers what an earlier writer left in the journal. Errors: another writer has the store (its
  // process id is named), a store of a newer format, a damaged manifest, no permission.
  static Result<std::unique_ptr<StoreWriter>> open(const StoreOptions& options);
  // Like close().
  ~StoreWriter();

  // Takes all flows of the batch. Without room on disk they are dropped, counted, and it goes on when there is room.
  // Waits while more rows than a few segments' are in memory because segments are made more slowly than flows come.
  void append(const FlowBatch& batch);
  // Returns when all that was appended is fsync'ed or dropped; what finds no room now is dropped. Where fsync fails,
  // and no segment can be made in its stead, flows stay held.
  void flush();
  // Makes a segment of what the journal holds, merges whatever can be merged, applies retention; waits for it.
  Result<void> compact();
  // flush(), then ends the background work at its next stop and gives back the lock.
  void close();

  StoreStatus status() const;

 private:
  struct Impl;
  explicit StoreWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
