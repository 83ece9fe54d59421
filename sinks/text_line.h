// Flow records for people: one line a flow, in columns.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "flow/batch.h"

namespace weir {

// The heading line.
std::string text_line_header();

// Appends a line for each flow: start (UTC) and duration, protocol, endpoints, TCP flags, packets, bytes. A biflow's
// line ends with what went the other way. Returns the lines written.
std::size_t append_text_lines(const FlowBatch& batch, std::span<const Flow> flows, std::string& out);

}  // namespace weir
