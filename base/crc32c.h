// CRC32C (Castagnoli): the checksum of what weir keeps on disk. RFC 3720 appendix B.4 has test vectors.
//
// Thread rules: from any thread.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace weir {

// Of `bytes`; with `before`, the checksum of what came before them, of both together.
std::uint32_t crc32c(Bytes bytes, std::uint32_t before = 0);

// The same by tables, as on processors without an instruction for it. For tests.
std::uint32_t crc32c_by_table(Bytes bytes, std::uint32_t before = 0);

}  // namespace weir
