// What a page's values may be besides an integer stream (int_coding.h). The numbers share one byte with IntEncoding.
#pragma once

#include <cstdint>

namespace weir {

// The values of another column plus or minus an integer stream: a varint of that column's place in the footer, a byte
// (0 plus, 1 minus), a zigzag varint that is added to each value of the stream, the stream.
inline constexpr std::uint8_t kDifferenceForm = 16;

// Extras: an integer stream of the rows' lengths, a byte (0 as they are, 1 zstd), a varint of the size of all when not
// compressed, the bytes.
inline constexpr std::uint8_t kExtrasRaw = 0;
inline constexpr std::uint8_t kExtrasZstd = 1;

// Columns may be differences to differences, no deeper than this.
inline constexpr unsigned kMaxColumnDepth = 4;

}  // namespace weir
