// Flow records as text: the JSON record of docs/json.md and CSV, driven by the field table, and lines for people.
//
// Thread rules: a RecordWriter is immutable after construction; append() may run in several threads on different
// outputs.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "flow/batch.h"
#include "sinks/record_layout.h"

namespace weir {

struct RecordOptions {
  RecordFormat format = RecordFormat::kJsonLines;
  FieldSelection fields = FieldSelection::kFull;
  // A flow that carries reverse counters (RFC 5103) becomes two records, the second with endpoints, interfaces and
  // whatever belongs to them swapped and the reverse counters as its own (biflow.h).
  bool split_biflows = false;
  // JSON records end with `_timestamp`, the time of receipt in microseconds, which OpenObserve sorts by.
  bool timestamp = false;
  // … the end of the flow instead, where it is known.
  bool timestamp_of_end = false;
};

class RecordWriter {
 public:
  explicit RecordWriter(const RecordOptions& options);
  RecordWriter(RecordFormat format, FieldSelection fields, bool split_biflows = false)
      : RecordWriter(RecordOptions{format, fields, split_biflows, false}) {}

  // The heading line of CSV and text; empty for JSON.
  std::string header() const;

  // Appends `flows`, a part of batch.flows(), to `out`: JSON Lines and CSV end each record by '\n', which stands
  // nowhere else; kJsonArrayItems separates records by ',' and puts one in front unless `out` is empty or ends in '['.
  // Returns the records written (more than flows where biflows are split).
  std::size_t append(const FlowBatch& batch, std::span<const Flow> flows, std::string& out) const;
  std::size_t append(const FlowBatch& batch, std::string& out) const { return append(batch, batch.flows(), out); }

 private:
  RecordLayout layout_;
  RecordOptions options_;
};

}  // namespace weir
