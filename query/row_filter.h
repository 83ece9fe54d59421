// Which rows of a segment are asked for, where rows themselves are wanted and not answers made of them.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "query/block_columns.h"
#include "query/bound_predicate.h"
#include "query/condition.h"
#include "query/request.h"
#include "store/segment.h"
#include "store/time_range.h"

namespace weir {

struct FlowSelection {
  TimeRange times;                     // of the time column
  std::optional<Condition> condition;  // none: every flow
  InterfaceFilter interfaces;          // a flow counts where either of its interfaces matches
};

class RowFilter {
 public:
  // Both outlive this. Errors: the segment is damaged.
  static Result<RowFilter> bind(const FlowSelection& selection, const Segment& segment);

  // A byte a row of the block, 1 where it is asked for; empty where none is. Good until the next call.
  Result<std::span<const std::uint8_t>> select(unsigned block);

 private:
  struct Interface {
    ColumnId name, index;
    std::vector<std::uint8_t> matches;  // by the code of the name
  };

  RowFilter(const FlowSelection& selection, const Segment& segment, BoundPredicate predicate);
  Result<void> bind_interfaces();
  Result<std::size_t> keep_interfaces(std::size_t count);
  bool matches_unnamed(std::uint32_t index);

  const FlowSelection* selection_;
  const Segment* segment_;
  BoundPredicate predicate_;
  std::vector<Interface> interfaces_;                // none: any will do
  std::unordered_map<std::uint32_t, bool> unnamed_;  // what was found for interfaces that have only an index
  std::unique_ptr<BlockColumns> columns_;
  std::unique_ptr<SelectBuffers> buffers_;
  std::vector<std::uint16_t> picks_;
  std::vector<std::uint8_t> keep_;
};

}  // namespace weir
