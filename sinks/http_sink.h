// Records POSTed in batches to an HTTP server such as OpenObserve or Elasticsearch: at least once, whatever happens to
// the server; whatever happens to this process as far as the spool mode promises (docs/delivery.md).
//
// One thread makes parcels of what is submitted; `in-flight` senders each keep one connection and have at most one
// request under way. With one the server gets records in their order; with more it nearly does. A server that has taken
// a request and then fails to say so gets its records twice.
#pragma once

#include <memory>

#include "sinks/http_options.h"
#include "sinks/sink.h"

namespace weir {

// Errors: the spool's directory cannot be used.
Result<std::unique_ptr<Sink>> make_http_sink(HttpOptions options, const SinkContext& context);

}  // namespace weir
