// Inside exporter/metering: a flow's entry as a record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "exporter/metering/flow_entry.h"
#include "exporter/metering/meter.h"
#include "flow/batch.h"
#include "flow/text_cache.h"

namespace weir {

class FlowRecordWriter {
 public:
  FlowRecordWriter(const MeterOptions& options, BatchWriter& out);

  // The slice that `entry` counts, which had a packet. `now_ns` is the packet time at which it is written.
  void write(const FlowEntry& entry, FlowEnd reason, std::uint64_t now_ns);
  void set_interface_name(std::uint32_t index, std::string_view name);

 private:
  void set_origin(std::uint64_t now_ns);
  void write_forward(Flow& flow, const FlowEntry& entry, bool from_b) const;
  void write_side(Flow& flow, const FlowEntry& entry, bool from_b, std::string_view name);
  void write_extremes(Flow& flow, const FlowHalf& forward, const FlowHalf& reverse);
  void write_reverse(const FlowHalf& reverse, bool is_tcp);

  BatchWriter& out_;
  Origin origin_{};
  std::string host_;
  std::uint32_t sampling_rate_;
  bool extremes_;
  std::unordered_map<std::uint32_t, std::string> names_;
  std::uint32_t names_version_ = 0;
  TextCache shared_names_;
};

}  // namespace weir
