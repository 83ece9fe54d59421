// Heads of HTTP requests: any bytes; what passes is what it is taken for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "web/request_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view head(reinterpret_cast<const char*>(data), size);
  std::string hidden(head);
  weir::hide_headers(hidden);
  if (hidden.size() != head.size()) std::abort();
  if (!weir::fault_of_head(head).empty()) return 0;
  if (!head.ends_with("\r\n\r\n") || head.find("\r\n\r\n") + 4 != size || head.contains('\0')) std::abort();
  if (!weir::fault_of_head(hidden).empty()) std::abort();
  if (weir::is_plain_get(head) != weir::is_plain_get(hidden)) std::abort();
  return 0;
}
