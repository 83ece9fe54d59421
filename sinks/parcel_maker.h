// Flows of batches as JSON lines in parcels of a bounded size.
//
// Thread rules: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "flow/batch.h"
#include "sinks/parcel.h"
#include "sinks/record_writer.h"
#include "sinks/spare_texts.h"

namespace weir {

class ParcelMaker {
 public:
  using Take = std::function<void(Parcel)>;

  // A parcel has `max_flows` flows and `max_bytes` of lines at the most, or a single record that is larger.
  ParcelMaker(const RecordOptions& options, std::size_t max_flows, std::size_t max_bytes, SpareTexts& spare, Take take);

  // Hands over every parcel that is full.
  void add(const FlowBatch& batch, std::span<const Flow> flows);
  // Hands over what is there.
  void flush();
  // Flows that wait for more.
  std::size_t flows() const { return flows_; }

 private:
  std::size_t flows_to_try(std::size_t there) const;

  const RecordWriter writer_;
  const std::size_t max_flows_, max_bytes_;
  SpareTexts& spare_;
  const Take take_;
  std::string lines_;
  std::size_t records_ = 0, flows_ = 0;
  std::size_t line_bytes_ = 1024;  // of a flow, as far as seen
  std::uint64_t next_id_;
};

}  // namespace weir
