// The sink that keeps flows in a store (store/store_writer.h) on this host.
//
// One thread appends. A flow is held until it is fsync'ed, at most about a second; what a full disk refuses is dropped
// as kWriteError.
#pragma once

#include <memory>
#include <string>

#include "sinks/sink.h"
#include "sinks/sink_spec.h"
#include "store/store_writer.h"

namespace weir {

// store:DIR[?raw-retain=30d&rollup-retain=2y&max-size=200GB]. Errors: a wrong option, a directory that cannot be used,
// a store that another process writes.
Result<std::unique_ptr<Sink>> open_store_sink(std::string name, const std::string& dir, SinkOptions options,
                                              const SinkContext& context);

}  // namespace weir
