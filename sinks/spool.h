// Parcels on disk, in the order in which they came: what a sink cannot deliver yet survives there.
//
// A spool is a directory that one process uses at a time (`lock`). NNNNNNNNNN.spool is a segment, never changed once
// written; all numbers are little-endian:
//
//   "weirspl1"    u64 flows that the spool took before    u32 CRC32C of the 16 bytes before
//
// and items:
//
//   u32 magic "ITEM"    u32 stored size    u32 text size    u32 records    u32 flows    u32 index in the segment
//   u32 flows before it in the segment    u64 id    u32 CRC32C of the stored bytes    u32 CRC32C of the 40 bytes before
//   the lines, compressed by zstd
//
// NNNNNNNNNN.done beside it says what of it is settled: u32 index of the item, u32 flows of it that are settled, u32
// bytes of bits (0: all of it), one bit a record, u32 CRC32C of what came before; the last entry of an item counts. A
// segment goes when all its items are settled.
//
// What a damaged disk has spoilt is passed over, and the numbers of what comes behind it tell how many flows were
// there. Only of the last segment's end nobody knows: it is taken for a write that a crash has torn. Items of an
// earlier process are *recovered*.
//
// An item is *taken* when it was handed out. A crash puts what was taken and not settled back.
//
// Thread rules: from any thread. Every call but waiting() and usage() may wait for the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "sinks/parcel.h"

namespace weir {

struct SpoolOptions {
  std::filesystem::path dir;
  std::uint64_t max_bytes = 1'000'000'000;
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

// Flows that the spool gave up.
struct SpoolLoss {
  bool recovered = false;
  std::uint64_t full = 0;     // the oldest, for want of room
  std::uint64_t damaged = 0;  // no longer what was written
};

struct SpoolUsage {
  std::uint64_t flows = 0;  // not settled
  std::uint64_t bytes = 0;  // of files
};

// What open() found.
struct SpoolFound {
  std::uint64_t flows = 0;    // not settled, with those that are damaged
  std::uint64_t damaged = 0;  // of them, already given up
};

class Spool {
 public:
  // Makes the directory where there is none. Errors: another process uses it, it cannot be written.
  // `lost` is called, from any thread that calls this spool, for every later loss of items that were not taken.
  static Result<std::unique_ptr<Spool>> open(SpoolOptions options, std::function<void(SpoolLoss)> lost);
  // Removes what is settled.
  ~Spool();

  SpoolFound found() const;

  // Writes what `parcel` has pending behind everything else, and its place into `parcel`. `take`: it counts as handed
  // out. Makes room by dropping the oldest segment. On an error (a full disk) the spool is as before.
  Result<void> append(Parcel& parcel, bool take);
  // The oldest item that was not taken; nothing when there is none.
  std::optional<Parcel> take();
  // Notes what of the parcel is settled. REQUIRES parcel.place.
  Result<void> settle(const Parcel& parcel);

  // Whether it is still there, not dropped to make room.
  bool holds(SpoolPlace place) const;
  // Items that are not taken.
  std::size_t waiting() const;
  SpoolUsage usage() const;
  // fdatasync of what was appended.
  Result<void> sync();

 private:
  class Impl;
  explicit Spool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
