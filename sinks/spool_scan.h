// Reading a spool's files, which a crash may have torn and a disk may have damaged.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "sinks/spool_format.h"

namespace weir {

// The numbers in the names NNNNNNNNNN.spool of a directory.
Result<std::vector<std::uint64_t>> find_segments(const std::filesystem::path& directory);

struct FoundItem {
  std::uint64_t offset = 0;  // of its header
  SpoolItemHeader header;
};
struct FoundSegment {
  std::uint64_t size = 0;                 // of the file
  std::uint64_t unreadable = 0;           // bytes of it that belong to no item
  std::optional<std::uint64_t> position;  // nothing where the segment's header is damaged
  std::vector<FoundItem> items;           // with growing indices
};
// Reads the headers only. Behind a damaged one it goes on at the next that is whole.
Result<FoundSegment> scan_segment(const std::filesystem::path& path);

struct FoundSettlements {
  std::uint64_t good = 0;  // bytes that can be read
  std::vector<SpoolSettlement> entries;
};
// Empty where there is no such file.
FoundSettlements read_settlements(const std::filesystem::path& path);

// The item whose header is at `offset`; nothing where it is damaged.
std::optional<Parcel> read_parcel(const std::filesystem::path& path, std::uint64_t offset, std::size_t stored);

}  // namespace weir
