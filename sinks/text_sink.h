// The sink of text outputs: batches are encoded in parallel on the encode pool and written in the order of submit().
//
// The queue is bounded in batches, and only a few batches at its front are text at any moment, so memory is bounded
// too. One thread writes. While the output takes nothing, or its disk is full, the flows that do not fit are counted
// and the caller goes on.
#pragma once

#include <memory>
#include <string>

#include "sinks/record_writer.h"
#include "sinks/sink.h"
#include "sinks/text_output.h"

namespace weir {

// `name` is what status() shows. REQUIRES context.encoders.
std::unique_ptr<Sink> make_text_sink(std::string name, std::unique_ptr<TextOutput> output, RecordWriter writer,
                                     const SinkContext& context);

}  // namespace weir
