// A file layer that knows what a disk would still have after a loss of power: only what was fsync'ed, names as well as
// bytes, and by chance some of the rest. It also runs full and fails on demand.
//
// It works on real files, so that readers see them; the state after a loss of power is written to another directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "store/file_layer.h"

namespace weir::test {

class CrashFiles : public FileLayer, public std::enable_shared_from_this<CrashFiles> {
 public:
  // Files below `root`.
  explicit CrashFiles(std::filesystem::path root) : root_(std::move(root)), real_(FileLayer::real()) {}

  // What is below the root already is durable.
  void adopt();
  // From the operation with this number (0: the next one) on, everything fails.
  void crash_after(std::uint64_t operations);
  bool crashed() const;
  std::uint64_t operations() const;
  // So many bytes can still be written.
  void set_room(std::uint64_t bytes);
  void fail_sync(bool fail);

  // What a disk would have, in `to`, where nothing is.
  void write_survivors(const std::filesystem::path& to, std::mt19937_64& random) const;

  Result<std::unique_ptr<WritableFile>> create(const std::filesystem::path& path) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> make_directories(const std::filesystem::path& path) override;
  Result<void> sync_directory(const std::filesystem::path& path) override;

  struct Content {
    std::string now;
    std::string synced;
  };

 private:
  friend class CrashFile;
  using File = std::shared_ptr<Content>;
  // An entry that a directory gets or loses; null: it loses it.
  using Entry = std::pair<std::filesystem::path, File>;
  struct Operation {
    std::vector<Entry> entries;
    std::filesystem::path made;  // a directory
  };
  struct Names {
    std::map<std::filesystem::path, File> files;
    std::set<std::filesystem::path> directories;
    void apply(const Operation& operation);
  };

  Result<void> begin();  // REQUIRES mutex_
  Result<void> take_room(std::uint64_t bytes);

  const std::filesystem::path root_;
  const std::shared_ptr<FileLayer> real_;
  mutable std::mutex mutex_;
  Names now_, durable_;
  std::map<std::filesystem::path, std::vector<Operation>> pending_;  // by directory
  std::uint64_t operations_ = 0;
  std::uint64_t crash_at_ = UINT64_MAX;
  std::uint64_t room_ = UINT64_MAX;
  bool fail_sync_ = false;
};

}  // namespace weir::test
