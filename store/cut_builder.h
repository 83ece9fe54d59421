// Makes first segments of the rows that the intake has cut off, and brings them into the catalog.
//
// Thread rules: one thread at a time.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "store/catalog.h"
#include "store/intake.h"

namespace weir {

class CutBuilder {
 public:
  using Warn = std::function<void(const std::string&)>;
  CutBuilder(Catalog& catalog, Warn warn) : catalog_(catalog), warn_(std::move(warn)) {}

  // A segment for each UTC day; then the cut's journals go. After an error it can be called again with the same cut.
  // The days touched are added to `days`.
  Result<void> build(Cut& cut, std::vector<std::uint64_t>& days);

 private:
  using Frames = std::span<const std::shared_ptr<const Segment>>;

  Result<void> write_segments(const Cut& cut, std::vector<Catalog::NewSegment>& made);
  Result<void> write_days(const Cut& cut, Frames frames, const std::set<std::uint64_t>& days,
                          std::vector<Catalog::NewSegment>& made);
  Result<std::string> image_of(const Cut& cut, Frames frames, std::uint64_t day);
  void leave_out_damaged(Cut& cut) const;

  Catalog& catalog_;
  const Warn warn_;
  std::uint64_t committed_ = 0;  // the last journal whose rows are committed
};

}  // namespace weir
