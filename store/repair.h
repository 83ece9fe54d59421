// A new MANIFEST for a store that has lost its own, or whose own is damaged.
//
// Segments tell what they took the place of: journals, or other segments. What was replaced is removed only after the
// MANIFEST that does without it is durable. So where all of it is still there, the segment was not yet live (or it
// makes no difference) and what it would have replaced counts; where some of it is gone, the segment counts.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

struct RepairReport {
  bool needed = false;  // false: the MANIFEST is sound, and nothing was done
  std::uint64_t segments = 0;
  std::uint64_t journals = 0;
  std::vector<std::string> notes;  // files that were set aside (renamed to ….damaged) or are not needed
};

// Takes the lock of the store. Errors: a writer is at work, a store of a newer format, no store, no permission.
Result<RepairReport> repair_store(const std::filesystem::path& dir);

}  // namespace weir
