// The few things that the store's writer does to files, so that tests can stand between: lose what was not fsync'ed,
// run out of room, fail.
//
// Thread rules: a FileLayer from any thread; a WritableFile by one thread at a time, but for sync().
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"

namespace weir {

class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // All of `bytes` at the end of the file, or an error; then it may have been written in part.
  virtual Result<void> append(Bytes bytes) = 0;
  // May run while another thread appends; then what was appended before it began is safe.
  virtual Result<void> sync() = 0;
  // Cuts the file to `size`.
  virtual Result<void> truncate(std::uint64_t size) = 0;
};

class FileLayer {
 public:
  virtual ~FileLayer() = default;
  // Makes an empty file, or empties it.
  virtual Result<std::unique_ptr<WritableFile>> create(const std::filesystem::path& path) = 0;
  virtual Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // A file or an empty directory; no error when it is not there.
  virtual Result<void> remove(const std::filesystem::path& path) = 0;
  virtual Result<void> make_directories(const std::filesystem::path& path) = 0;
  virtual Result<void> sync_directory(const std::filesystem::path& path) = 0;

  // The operating system's files.
  static std::shared_ptr<FileLayer> real();
};

// Whether the system's reason was that there is no room (on the disk, or in the user's quota).
bool says_disk_full(const Error& error);

}  // namespace weir
