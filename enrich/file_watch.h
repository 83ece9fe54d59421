// Whether a file is another than it was.
//
// Thread rules: a value type; stamp_of() is free to use from any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace weir {

// What changes when a file is replaced or written to. All zero: there is no file.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t changed_ns = 0;

  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const std::filesystem::path& path);

// Notices changes, each once, and only after the file has stayed as it is for the time between two looks: a file that
// is being copied over should be whole before it is read.
class FileWatch {
 public:
  explicit FileWatch(const FileStamp& known) : known_(known), seen_(known) {}

  bool changed(const FileStamp& now) {
    const bool settled = now == seen_;
    seen_ = now;
    if (!settled || now == known_) return false;
    known_ = now;
    return true;
  }
  bool knows(const FileStamp& now) const { return now == known_; }
  // `now` has been read.
  void take(const FileStamp& now) { known_ = seen_ = now; }

 private:
  FileStamp known_, seen_;
};

}  // namespace weir
