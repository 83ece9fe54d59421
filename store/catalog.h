// The writer's side of the MANIFEST: which segments are live, changed one step at a time, durably.
//
// Thread rules: from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/file_layer.h"
#include "store/manifest.h"

namespace weir {

class Catalog {
 public:
  Catalog(std::filesystem::path dir, std::shared_ptr<FileLayer> files, Manifest manifest);

  std::shared_ptr<const Manifest> manifest() const;
  // The first of `count` ids that nobody else gets.
  std::uint64_t take_ids(std::uint64_t count = 1);

  // Writes a segment's file, durably. Nobody sees it before it is committed.
  struct NewSegment {
    SegmentEntry entry;
    SegmentSummary summary;
  };
  Result<NewSegment> write_segment(std::string_view image);
  // Takes back what is not to be committed.
  void discard(const std::vector<NewSegment>& segments);

  struct Change {
    std::vector<NewSegment> add;
    std::vector<std::uint64_t> remove;           // ids
    std::optional<std::uint64_t> journal_first;  // journals below it are in `add`
  };
  // Makes the change visible to readers. After an error nothing has changed, and the files of `change.add` are gone.
  Result<void> commit(Change change);
  // Makes what was committed durable, then removes the files that it retired.
  Result<void> settle();

 private:
  Result<void> make_day_folder(const std::string& folder);

  const std::filesystem::path dir_;
  const std::shared_ptr<FileLayer> files_;

  std::mutex committing_;  // held while folders and the MANIFEST are written; taken before mutex_
  std::vector<std::filesystem::path> retired_;
  std::set<std::string> folders_;  // day folders that are durable

  mutable std::mutex mutex_;
  std::shared_ptr<const Manifest> manifest_;
  std::uint64_t next_id_;
};

}  // namespace weir
