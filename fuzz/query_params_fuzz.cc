// Bodies of POST /api/v1/query: any bytes; what is taken keeps within its bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "web/query_params.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto params = weir::query_params({reinterpret_cast<const char*>(data), size});
  if (!params) {
    if (params.error().reason.empty()) std::abort();
    return 0;
  }
  const weir::QueryText& text = params->text;
  if (text.columns.empty() || text.limit < 1 || text.limit > 100'000) std::abort();
  if (text.condition.find('\0') != text.condition.npos) std::abort();
  return 0;
}
