// Verifying a store: every checksum, every value.
//
// Thread rules: from any thread, beside a writer too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

struct Finding {
  std::string file;     // relative to the store
  std::string problem;  // what is wrong, and what it costs
};

struct CheckReport {
  std::uint64_t segments = 0;
  std::uint64_t journals = 0;
  std::uint64_t rows = 0;  // of what is sound
  std::uint64_t bytes = 0;
  std::vector<Finding> damage;
  // What is no damage: files that a crash left and the next writer removes, the torn end of a journal, files that are
  // not the store's.
  std::vector<Finding> notes;
};

// Told how many of the store's bytes are read.
using CheckProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Errors: no store there, or one that cannot be read at all.
Result<CheckReport> check_store(const std::filesystem::path& dir, const CheckProgress& progress = {});

}  // namespace weir
