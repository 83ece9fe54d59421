// The bytes of a spool's files (spool.h has the layout).
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "sinks/parcel.h"

namespace weir {

inline constexpr std::size_t kSpoolSegmentHeader = 20;
inline constexpr std::size_t kSpoolItemHeader = 44;

// `position`: flows that the spool took before this segment.
std::string make_segment_header(std::uint64_t position);
// Its position; nothing where the bytes are no header.
std::optional<std::uint64_t> read_segment_header(Bytes bytes);

struct SpoolItemHeader {
  std::uint32_t stored = 0;  // bytes behind the header
  std::uint32_t text = 0;    // of the lines
  std::uint32_t records = 0;
  std::uint32_t flows = 0;
  std::uint32_t index = 0;   // of the item in its segment
  std::uint32_t before = 0;  // flows of the segment before it
  std::uint64_t id = 0;
  std::uint32_t crc = 0;  // of the stored bytes
};

// Room for a header, and the lines, of what `parcel` has pending.
std::string make_spool_item(const Parcel& parcel);
// Fills that room.
void set_spool_header(std::string& item, const Parcel& parcel, std::uint32_t index, std::uint32_t before);
// Nothing where the bytes are not a header.
std::optional<SpoolItemHeader> read_spool_header(Bytes bytes);
// Nothing where `stored` is not what the header says.
std::optional<Parcel> read_spool_item(const SpoolItemHeader& header, Bytes stored);

// An entry of a .done file.
struct SpoolSettlement {
  std::uint32_t index = 0;
  std::uint32_t flows = 0;         // of the item, that are settled by now
  std::vector<std::uint8_t> bits;  // of its records; empty: all of it
};
std::string make_settlement(const SpoolSettlement& settlement);
// Takes the first entry off `bytes`; nothing where there is no whole one.
std::optional<SpoolSettlement> take_settlement(Bytes& bytes);

}  // namespace weir
