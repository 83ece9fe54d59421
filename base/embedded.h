// Files that are part of the binary (cmake/weir_embed.cmake).
#pragma once

#include <string_view>

namespace weir {

struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

}  // namespace weir
