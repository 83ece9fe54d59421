// Taking over a directory: the lock, the MANIFEST, and what an earlier writer left.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>

#include "base/file_lock.h"
#include "store/file_layer.h"
#include "store/intake.h"
#include "store/manifest.h"

namespace weir {

struct TakenOver {
  FileLock lock;
  Manifest manifest;
  std::deque<Cut> left;  // what is in journals and in no segment
  std::uint64_t next_journal = 1;
};

// Makes the directory when it does not exist. Removes temporary files, segments that are not live, and journals whose
// rows are in segments. Errors: another writer has the store (its process id is named), not a store, a newer format, a
// damaged manifest, no permission.
Result<TakenOver> take_over(const std::filesystem::path& dir, FileLayer& files);

}  // namespace weir
