// Records as JSON arrays, POSTed in batches to an HTTP server such as OpenObserve.
//
// Two senders each keep one connection and have at most one request under way, so requests may arrive out of order. A
// request that gets no answer, or 408, 429 or 5xx, is tried again after 200 ms, 400 ms … with jitter; then its flows
// are dropped as kUnreachable. Any other refusal drops them as kRejected at once. A server that has taken a request and
// then fails to say so gets its records twice.
#pragma once

#include <memory>

#include "sinks/http_options.h"
#include "sinks/sink.h"

namespace weir {

std::unique_ptr<Sink> make_http_sink(HttpOptions options, const SinkContext& context);

}  // namespace weir
