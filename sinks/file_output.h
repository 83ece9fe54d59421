// A file as a sink's output: appended to, rotated by size and age, opened again on demand.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "sinks/text_output.h"

namespace weir {

struct RotationOptions {
  std::uint64_t size = 0;                 // before a file grows beyond so many bytes; 0: never
  std::chrono::milliseconds interval{0};  // when a file has been open so long; 0: never
  std::size_t keep = 0;                   // rotated files that stay; 0: all
};

// Opens `path` for appending, made if need be (its directory must be there). An unfinished last line, as a crash leaves
// it, is ended. `header` (may be empty) starts every empty file. A FIFO waits for readers as they come and go.
Result<std::unique_ptr<TextOutput>> open_file_output(const std::filesystem::path& path, const RotationOptions& rotation,
                                                     std::string header);

}  // namespace weir
