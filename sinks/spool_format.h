// The files of a spool (spool.h has the layout): writing their parts, and reading what may be damaged.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "sinks/parcel.h"

namespace weir {

inline constexpr std::string_view kSpoolMagic = "weirspl1";
inline constexpr std::size_t kSpoolItemHeader = 36;

struct SpoolItemHeader {
  std::uint32_t stored = 0;  // bytes behind the header
  std::uint32_t text = 0;    // of the lines
  std::uint32_t records = 0;
  std::uint32_t flows = 0;
  std::uint64_t id = 0;
  std::uint32_t crc = 0;  // of the stored bytes
};

// Header and lines, as they stand in a segment, of what `parcel` has pending.
std::string make_spool_item(const Parcel& parcel);
// Nothing where the bytes are not a header.
std::optional<SpoolItemHeader> read_spool_header(Bytes bytes);
// Nothing where `stored` is not what the header says.
std::optional<Parcel> read_spool_item(const SpoolItemHeader& header, Bytes stored);

// An entry of a .done file; without bits: all of it.
struct SpoolSettlement {
  std::uint32_t index = 0;
  std::vector<std::uint8_t> bits;
};
std::string make_settlement(const SpoolSettlement& settlement);

struct FoundItem {
  std::uint64_t offset = 0;  // of its header
  SpoolItemHeader header;
};
struct FoundSegment {
  std::uint64_t size = 0;  // of the file
  std::uint64_t good = 0;  // bytes of it that can be read
  std::vector<FoundItem> items;
};
// Reads the headers only.
Result<FoundSegment> scan_segment(const std::filesystem::path& path);

struct FoundSettlements {
  std::uint64_t good = 0;
  std::vector<SpoolSettlement> entries;
};
// Empty where there is no such file.
FoundSettlements read_settlements(const std::filesystem::path& path);

// Exactly `size` bytes from `offset`.
Result<std::string> read_range(const std::filesystem::path& path, std::uint64_t offset, std::size_t size);

}  // namespace weir
