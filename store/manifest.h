// The MANIFEST: what a store consists of. It is replaced as a whole, atomically, so that whoever reads it sees the
// store before a change or after it. Its layout is in docs/store-format.md.
//
// Thread rules: value types, and functions without shared state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "flow/address.h"
#include "store/file_layer.h"
#include "store/layout.h"
#include "store/segment.h"

namespace weir {

inline constexpr std::uint32_t kStoreVersion = 1;

struct SegmentEntry {
  std::uint64_t id = 0;
  Tier tier = Tier::kRaw;
  std::uint32_t rows = 0;
  TimeRange times = TimeRange::none();  // of one UTC day
  std::uint64_t size = 0;

  std::uint64_t day() const { return day_of(times.first); }
  // Relative to the store's directory.
  std::string file() const { return segment_file(day(), id); }
  bool operator==(const SegmentEntry&) const = default;
};

// The sides on which an exporter was ever seen to meter.
struct ExporterSides {
  IpAddress exporter;
  bool ingress = false;
  bool egress = false;
  bool operator==(const ExporterSides&) const = default;
};

struct Manifest {
  std::uint64_t generation = 0;  // grows with every change
  std::uint64_t next_id = 1;
  std::uint64_t journal_first = 1;  // journals below this are in segments
  std::vector<SegmentEntry> segments;
  std::vector<ExporterSides> exporters;  // sorted; only those with a side

  // Takes in the sides that a segment's summary tells. At most kMaxExporters are remembered.
  void add_sides(const SegmentSummary& summary);
  static constexpr std::size_t kMaxExporters = 65536;
  bool operator==(const Manifest&) const = default;
};

std::string encode_manifest(const Manifest& manifest);
Result<Manifest> decode_manifest(Bytes bytes);

// Errors, in words for the user: no such directory, not a store, a newer format, damaged.
Result<Manifest> read_manifest(const std::filesystem::path& dir);

// Whether the directory has a MANIFEST.
bool has_manifest(const std::filesystem::path& dir);

// Whether the directory holds nothing but what a store begins with.
bool is_untouched(const std::filesystem::path& dir);

// Replaces the MANIFEST, all but for making the rename durable: sync_directory(dir) does that.
Result<void> write_manifest(FileLayer& files, const std::filesystem::path& dir, const Manifest& manifest);

}  // namespace weir
