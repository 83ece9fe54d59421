// What stands behind Scratch.
#pragma once

#include <zstd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "store/int_coding.h"
#include "store/page_format.h"
#include "store/segment.h"

namespace weir {

struct Scratch::Impl {
  // A page of a column that is told by another column's values is read while that other's are.
  struct Level {
    std::vector<std::uint8_t> page;
    std::vector<std::uint32_t> narrow;
    std::vector<std::uint64_t> wide;
    std::vector<std::uint32_t> gaps;     // of exceptions
    std::vector<std::uint64_t> patches;  // their values
    std::vector<std::uint64_t> shown;    // values whose presence is asked for
    IntDecoder ints;
  };
  std::array<Level, kMaxColumnDepth + 1> levels;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> zstd{nullptr, &ZSTD_freeDCtx};
  std::uint64_t bytes_read = 0;

  ZSTD_DCtx* decompressor() {
    if (!zstd) zstd.reset(ZSTD_createDCtx());
    return zstd.get();
  }
};

}  // namespace weir
