// Answers of an HTTP API, as weir openobserve setup reads them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "openobserve/json_objects.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto list = weir::json_list(json, "list");
  const auto texts = weir::json_texts(json);
  if (list && list->size() > size) std::abort();
  if (texts && texts->size() > size) std::abort();
  return 0;
}
