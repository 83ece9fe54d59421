// The frame of a segment: header, footer, trailer, and the page directory of a column, as docs/store-format.md has
// them.
//
//   header | column, column, … | address dictionary | footer | trailer
//   column = pages | directory | dictionary (kBytes) | table (values by the code of another column)
//
// Parts follow one another without gaps, so lengths alone tell where each is.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/segment.h"
#include "store/wire.h"

namespace weir {

inline constexpr std::string_view kSegmentHeader = "weirSEG1";
inline constexpr std::string_view kSegmentEnd = "1GESriew";
inline constexpr std::size_t kTrailerSize = 32;
inline constexpr std::uint32_t kSegmentVersion = 1;

// A checked stretch of the file.
struct Part {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint32_t crc = 0;
};

// How the values of a column are to be taken, on disk.
enum class DiskKind : std::uint8_t { kNumber = 0, kAddress = 1, kBytes = 2, kExtras = 3 };
DiskKind disk_kind(ColumnKind kind);

struct ColumnEntry {
  std::string name;
  DiskKind kind = DiskKind::kNumber;
  Part pages;  // without a checksum of its own: each page has one
  Part directory;
  Part dictionary;  // length 0: none
  Part table;       // length 0: none
};

struct Footer {
  SegmentSummary summary;
  std::vector<ColumnEntry> columns;
  Part addresses;
};

struct Trailer {
  std::uint64_t footer_offset = 0;
  std::uint32_t footer_length = 0;
  std::uint32_t footer_crc = 0;
};

// Offsets are not written.
std::string encode_footer(const Footer& footer);
// Errors: malformed, or parts that do not fill exactly what stands between header and footer.
Result<Footer> decode_footer(Bytes bytes, std::uint64_t footer_offset);

std::string encode_trailer(const Trailer& trailer);
// `bytes` are the last kTrailerSize of a file of `file_size`. Errors: not a segment, another version, damaged.
Result<Trailer> decode_trailer(Bytes bytes, std::uint64_t file_size);

// Which rows of a page have a value.
enum class Presence : std::uint8_t {
  kAll = 0,
  kNone = 1,
  kNotZero = 2,  // those whose value is not 0
  kWritten = 3,  // the page tells, row by row
  kLike = 4,     // those that have a value in another column
};

struct PageEntry {
  Presence presence = Presence::kAll;
  Zone zone;
  std::uint64_t offset = 0;  // within the file
  std::uint32_t length = 0;  // 0: every row's value is zone.min, and `presence` says all
  std::uint32_t crc = 0;
};

void put_page_entry(std::string& out, const PageEntry& page);
// Errors: malformed, or lengths that do not add up to the pages' part.
Result<std::vector<PageEntry>> decode_directory(Bytes bytes, const ColumnEntry& column, unsigned blocks);

}  // namespace weir
