// Compression of request bodies.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// `text` in gzip format (RFC 1952), compressed for speed.
std::string gzip(std::string_view text);

}  // namespace weir
