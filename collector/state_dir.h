// The state directory: what decoders know (templates, sampling and name tables, sequence numbers), kept across restarts
// and `kill -9`.
//
// One file a worker, decoder-<worker>-of-<workers>.state. At the start every file there is read, whatever number of
// workers wrote it; the new set is written whole before files of another number of workers are removed, so that a crash
// in between loses nothing.
//
// Thread rules: save() from one thread at a time; everything else at start-up.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file_lock.h"

namespace weir {

class StateDir {
 public:
  // Makes the directory if need be and locks it; an error when another collector uses it.
  static Result<StateDir> open(std::filesystem::path directory);

  struct Saved {
    std::filesystem::path path;
    std::string content;
  };
  // All state files. One that cannot be read is moved aside.
  std::vector<Saved> read_all();

  // Renames a file that holds nonsense to <name>.damaged, out of the way and kept for a look, and logs it.
  void move_aside(const std::filesystem::path& path, const std::string& why);

  Result<void> save(unsigned worker, unsigned workers, Bytes content);
  // After all workers' files were saved: those of other numbers of workers go.
  void remove_others(unsigned workers);

 private:
  StateDir(std::filesystem::path directory, FileLock lock) : directory_(std::move(directory)), lock_(std::move(lock)) {}
  std::vector<std::filesystem::path> files() const;

  std::filesystem::path directory_;
  FileLock lock_;
};

}  // namespace weir
