// Makes segments of the journals that the intake has cut off, and brings them into the catalog.
//
// Thread rules: one thread at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/catalog.h"
#include "store/intake.h"
#include "store/segment.h"

namespace weir {

class CutBuilder {
 public:
  using Warn = std::function<void(const std::string&)>;
  CutBuilder(std::filesystem::path dir, Catalog& catalog, Warn warn)
      : dir_(std::move(dir)), catalog_(catalog), warn_(std::move(warn)) {}

  // A segment for each UTC day (more where one does not hold the rows); then the cut's journals go. After an error it
  // can be called again with the same cut. The days touched are added to `days`. Frames that are damaged are left out,
  // with a warning.
  Result<void> build(const Cut& cut, std::vector<std::uint64_t>& days);

 private:
  using Frames = std::vector<std::shared_ptr<const Segment>>;

  Result<void> read_journal(std::uint64_t number);
  Result<void> write_segments(const Cut& cut, std::vector<Catalog::NewSegment>& made);
  Result<void> write_group(const Cut& cut, std::span<const std::shared_ptr<const Segment>> frames,
                           std::vector<Catalog::NewSegment>& made);
  void leave_out_damaged();

  const std::filesystem::path dir_;
  Catalog& catalog_;
  const Warn warn_;
  std::uint64_t committed_ = 0;        // the last journal whose rows are committed
  std::optional<std::uint64_t> read_;  // the last journal of the cut that frames_ are of
  Frames frames_;
};

}  // namespace weir
