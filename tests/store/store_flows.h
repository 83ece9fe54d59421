// Flows for the tests of the store, and what they say, as text that can be compared.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "flow/batch.h"
#include "store/row_buffer.h"
#include "store/segment.h"
#include "store/segment_writer.h"

namespace weir::store_test {

inline constexpr std::uint64_t kStart = 1'790'000'000'000'000'000;

// All of a flow, field by field, presence included.
std::string describe(const FlowBatch& batch, const Flow& flow);
std::vector<std::string> describe(const std::vector<BatchRef>& batches);

enum class Mix {
  kRouter,      // as a router sends them: a datagram's flows share an origin, times are whole milliseconds
  kAnything,    // any field may be there or not, with any value
  kEverything,  // every field of the table is there
};

std::vector<BatchRef> make_flows(std::size_t count, Mix mix, std::uint32_t seed = 1);

RowBuffer buffer_of(const std::vector<BatchRef>& batches);
std::shared_ptr<const Segment> open_image(std::string image);
std::shared_ptr<const Segment> segment_of(const std::vector<BatchRef>& batches, Effort effort = Effort::kQuick);
// Every row of the segment by read_flows().
std::vector<BatchRef> read_back(const Segment& segment);
// Every value of a column, read block by block.
std::vector<std::uint64_t> read_all(const Segment& segment, ColumnId column);

}  // namespace weir::store_test
