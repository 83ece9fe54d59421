// Records of a data set: finding where their fields are, and running a template's plan over one to fill a Flow.
//
// Thread rules: none shared; the bytes outlive the views.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "codecs/template_plan.h"
#include "flow/batch.h"

namespace weir {

// Where one segment of a record lies, and the field of variable length that ends it.
struct SegmentPlace {
  const std::uint8_t* base = nullptr;
  const std::uint8_t* variable = nullptr;
  std::uint32_t variable_length = 0;
};

// The record at the start of `bytes`: its length, and `places` filled for each segment of the plan. Nothing when it
// runs past the end. Lengths of variable fields are those of RFC 7011 §7.
std::optional<std::size_t> locate_record(std::span<const PlanSegment> segments, Bytes bytes,
                                         std::vector<SegmentPlace>& places);

inline Bytes field_bytes(const SegmentPlace* places, FieldPlace place) {
  const SegmentPlace& segment = places[place.segment];
  if (place.width == kVariableLength) return {segment.variable, segment.variable_length};
  return {segment.base + place.offset, place.width};
}

// A big-endian integer of any length; nothing when it is empty or does not fit 64 bits.
std::optional<std::uint64_t> to_unsigned(Bytes bytes);

// Fills the last flow of `out` from a record. REQUIRES that `out` has arena for plan.list_bytes.
void run_plan(const TemplatePlan& plan, const SegmentPlace* places, const MessageClock& clock, BatchWriter& out,
              Flow& flow);

// Whether this record's element becomes an extra.
bool is_wanted(const ExtraStep& extra, const SegmentPlace* places, const Flow& flow);

}  // namespace weir
