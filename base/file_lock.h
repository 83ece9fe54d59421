// A lock that ends with the process, however it ends: who may use a directory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace weir {

// Holds an exclusive lock on a file, made if need be, until it is destroyed.
class FileLock {
 public:
  // Nothing when another process, or another FileLock of this one, holds it.
  static Result<std::optional<FileLock>> try_lock(const std::filesystem::path& path);
  // The process id of who holds, or last held, the lock; empty where that is not known. For people.
  static std::string holder(const std::filesystem::path& path);

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace weir
