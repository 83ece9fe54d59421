// Files that survive a crash.
//
// Thread rules: functions without shared state. Errors name the file and the system's reason.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace weir {

// Writes all of `content` to `fd`, through short writes and EINTR. `what` names the file in the error.
Result<void> write_all(int fd, Bytes content, const std::string& what);

// Replaces `path` by `content` so that after a crash at any moment the file holds either the old content or the new
// one, whole: written to a temporary name beside it, fsync'ed, renamed, and the directory fsync'ed.
Result<void> replace_file(const std::filesystem::path& path, Bytes content);

// Whether this user may not look into that directory, or into one on the way to it: what is there would seem missing.
bool is_closed(const std::filesystem::path& directory);

// The whole file; an error when it is larger than `limit` bytes, a directory, or unreadable.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace weir
