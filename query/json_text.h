// Writing JSON objects whose texts come from the network.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/text.h"

namespace weir {

// In quotes and escaped; bytes that are no UTF-8 replaced.
inline std::string json_string(std::string_view text) {
  std::string out(text.size() * kEscapedByte + 2, '"');
  const char* const end = write_json_text(out.data() + 1, text);
  out.resize(static_cast<std::size_t>(end - out.data()) + 1);
  out.back() = '"';
  return out;
}

}  // namespace weir
