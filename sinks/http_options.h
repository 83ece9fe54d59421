// What an http sink is told: its URL, and options in the URL's query.
//
//   batch=N            flows in a request at the most (1000); a biflow that is split counts once
//   batch-bytes=SIZE   size of a request's body before compression (4MB)
//   flush=TIME         longest time that a record waits for others (1s)
//   header=NAME: VALUE a header of every request, percent-encoded; may be repeated
//   header-file=PATH   a file with one NAME: VALUE a line
//   gzip=true          compresses bodies
//   timeout=TIME       of one request (10s)
//   retries=N          after a failed request (3)
//   timestamp=true     `_timestamp` in every record (true for paths like OpenObserve's /api/ORG/STREAM/_json)
//   fields=, biflow=   as for other sinks
//
// Everything else in the query stays in the URL. A user and password in the URL become Basic authentication, unless an
// Authorization header is given; the environment's WEIR_HTTP_AUTHORIZATION is that header where neither is.
//
// Thread rules: value types; parse_http_options() reads the environment.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sinks/record_writer.h"

namespace weir {

struct HttpOptions {
  std::string url;   // without user and password
  std::string name;  // scheme, host and path: what may be shown
  std::string user, password;
  std::vector<std::string> headers;  // "Name: value"
  std::size_t batch_flows = 1000;
  std::size_t batch_bytes = 4'000'000;
  std::chrono::milliseconds flush{1000};
  std::chrono::milliseconds timeout{10'000};
  std::size_t retries = 3;
  bool gzip = false;
  RecordOptions records;
};

// Errors never repeat secrets.
Result<HttpOptions> parse_http_options(std::string_view spec);

// `spec` as far as it may be shown: without user, password and query. Works on malformed ones too.
std::string http_display_name(std::string_view spec);

}  // namespace weir
