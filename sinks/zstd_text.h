// Compression by zstd: bodies of requests, and what a spool keeps.
//
// Thread rules: from any thread; each keeps its own working memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace weir {

// Appends one frame that holds `text`, compressed for speed.
void append_zstd(std::string& out, std::string_view text);

// What a frame holds; nothing unless that is well-formed and exactly `size` bytes.
std::optional<std::string> unzstd(Bytes frame, std::size_t size);

}  // namespace weir
