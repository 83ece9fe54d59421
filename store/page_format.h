// What a page's values may be besides an integer stream (int_coding.h). The numbers share one byte with IntEncoding.
#pragma once

#include <cstdint>

namespace weir {

// The values of another column plus or minus an integer stream: a varint of that column's place in the footer, a byte
// (0 plus, 1 minus), a byte (the other column's values are first rounded down to a multiple of this power of ten), a
// zigzag varint that is added to each value of the stream, the stream.
inline constexpr std::uint8_t kDifferenceForm = 16;

// What the column's table (a part of its own) has for the value of the leading column, but for some rows: a varint of
// how many, and where there are any two integer streams, of the rows skipped before each and of their values.
inline constexpr std::uint8_t kFollowForm = 17;

// The table: a varint of the leading column's place in the footer, a varint of its length, an integer stream of that
// many values. Leaders that are numbers have values below this.
inline constexpr std::uint32_t kMaxLeaderValues = 65536;

// Extras: an integer stream of the rows' lengths, a byte (0 as they are, 1 zstd), a varint of the size of all when not
// compressed, the bytes.
inline constexpr std::uint8_t kExtrasRaw = 0;
inline constexpr std::uint8_t kExtrasZstd = 1;

// Columns may lean on columns that lean on others, no deeper than this.
inline constexpr unsigned kMaxColumnDepth = 4;

}  // namespace weir
