// From a record to a Flow in the batch: runs the template's plan, then adds what takes knowledge beyond the record
// (sampling rate, interface names, what follows from other fields) and the extras.
//
// Thread rules: owned by one decoder.
#pragma once

#include <string>
#include <vector>

#include "codecs/exporter_table.h"
#include "codecs/record.h"
#include "flow/text_cache.h"

namespace weir {

class FlowBuilder {
 public:
  // REQUIRES that out's origin is the message's. `domain` is where sampling and names stand; statistics of flows go to
  // `stats`.
  void build(const Template& used, const Domain& domain, const SegmentPlace* places, const MessageClock& clock,
             BatchWriter& out, ExporterStats& stats);

 private:
  Flow* add(const Template& used, const Domain& domain, const SegmentPlace* places, const MessageClock& clock,
            BatchWriter& out, ExporterStats& stats);
  void render(const Template& used, const Domain& domain, const SegmentPlace* places);
  void take_names(const InterfaceNames& names, BatchWriter& out, Flow& flow);
  void add_extras(const TemplatePlan& plan, const SegmentPlace* places, BatchWriter& out, Flow& flow);

  TextCache names_;
  std::vector<std::string> rendered_;  // by index of the plan's extras
  std::size_t rendered_bytes_ = 0;
};

// What follows from the fields that a record has: the family of a zero address, the ethertype from the addresses, ICMP
// type and code from the port.
void derive_fields(Flow& flow, bool has_icmp);

}  // namespace weir
