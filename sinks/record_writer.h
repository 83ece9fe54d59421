// Flow records as text: the JSON record of docs/json.md and CSV, driven by the field table.
//
// Thread rules: a RecordWriter is immutable after construction; append() may run in several threads on different
// outputs.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "flow/batch.h"

namespace weir {

enum class RecordFormat : std::uint8_t { kJsonLines, kJsonArrayItems, kCsv };

enum class FieldSelection : std::uint8_t {
  kFull,     // every Common field, absent ones as 0, "" or []; Own and Reverse ones where present
  kCompact,  // present fields only
  kAll,      // kFull, then extras under their IANA names, unknown ones as e<PEN>_<id>
};

class RecordWriter {
 public:
  RecordWriter(RecordFormat format, FieldSelection fields, bool split_biflows = false);

  // CSV's heading line; empty for JSON.
  std::string header() const;

  // Appends all flows of `batch` to `out` (with room reserved as needed): JSON Lines and CSV end each record by '\n';
  // kJsonArrayItems separates records by ',' and puts one in front when `out` is not empty. Returns the records written
  // (more than flows where biflows are split).
  std::size_t append(const FlowBatch& batch, std::string& out) const;

 private:
  RecordFormat format_;
  FieldSelection fields_;
  bool split_biflows_;
};

}  // namespace weir
