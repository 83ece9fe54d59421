// Names of rotated files: PATH.YYYYmmdd-HHMMSS in UTC, with .1, .2 … behind where that exists.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <ctime>
#include <filesystem>

#include "base/error.h"

namespace weir {

// Renames `path` to its rotated name at `now`; never onto an existing file.
Result<void> rotate_file(const std::filesystem::path& path, std::time_t now);

// Removes the oldest rotated files of `path` until `keep` are left. Files of other names are not touched.
Result<void> remove_old_rotations(const std::filesystem::path& path, std::size_t keep);

}  // namespace weir
