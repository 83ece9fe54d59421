// What an http sink is told: its URL, and options in the URL's query.
//
//   form=json|ndjson|bulk|multi   what bodies look like (http_form.h); without it the URL's path says
//   index=NAME           of the records of a bulk request, where the URL names none
//   batch=N              flows in a request at the most (1000); a biflow that is split counts once
//   batch-bytes=SIZE     size of a request's records before compression (4MB)
//   flush=TIME           longest time that a record waits for others (1s)
//   in-flight=N          requests at a time (2); with more than one they may arrive out of order
//   header=NAME: VALUE   a header of every request, percent-encoded; may be repeated
//   header-file=PATH     a file with one NAME: VALUE a line; read again on SIGHUP and after 401 and 403
//   compress=gzip|zstd   compresses bodies; gzip=true is the same as compress=gzip
//   timeout=TIME         of one request (10s)
//   retry-max=TIME       longest pause between two tries (30s)
//   ca=, cert=, key=     PEM files for TLS: whom to trust, and the client's own certificate
//   proxy=URL            else what the environment says (http_proxy, https_proxy, no_proxy)
//   timestamp=WHAT       `_timestamp` in every record: true or received, end (of the flow), false. Default true for
//                        OpenObserve
//   spool=MODE           always, on-failure, off (outbox.h). Default on-failure, or off without a spool directory
//   spool-dir=DIR        instead of a directory of the sink's own in the context's
//   spool-max=SIZE       1GB
//   max-unspooled=SIZE   records in memory (64MB)
//   dead-letter=PATH     a file for what the server refuses; none: nowhere. Default dead-letter.json in the spool's
//                        directory
//   dead-letter-max=SIZE 100MB, half of it in PATH.old
//   retries=N            with spool=off: drops records after so many more tries; without it they are tried for ever
//   fields=, biflow=     as for other sinks
//
// Everything else in the query stays in the URL. A user and password in the URL become Basic authentication, unless an
// Authorization header is given; the environment's WEIR_HTTP_AUTHORIZATION is that header where neither is.
//
// Thread rules: value types; parse_http_options() reads the environment.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "sinks/http_form.h"
#include "sinks/outbox.h"
#include "sinks/record_writer.h"

namespace weir {

enum class HttpCompression : std::uint8_t { kNone, kGzip, kZstd };

struct HttpOptions {
  std::string url;   // without user and password
  std::string name;  // scheme, host and path: what may be shown
  std::string user, password;
  HttpTarget target;
  std::vector<std::string> headers;        // "Name: value", of all sources
  std::vector<std::string> given_headers;  // of the options alone
  std::string header_file;
  std::size_t batch_flows = 1000;
  std::size_t batch_bytes = 4'000'000;
  std::chrono::milliseconds flush{1000};
  std::size_t in_flight = 2;
  std::chrono::milliseconds timeout{10'000};
  HttpCompression compression = HttpCompression::kNone;
  std::string ca, cert, key, proxy;
  OutboxOptions outbox;
  SpoolOptions spool;
  std::filesystem::path dead_letters;  // empty: nowhere
  std::uint64_t dead_letters_max = 100'000'000;
  RecordOptions records;
};

// `spool_dir` is where a sink's spool has its own directory unless the options name one; empty: nowhere.
// Errors never repeat secrets.
Result<HttpOptions> parse_http_options(std::string_view spec, const std::filesystem::path& spool_dir = {});

// The headers with the header file read anew.
Result<std::vector<std::string>> reload_headers(const HttpOptions& options);

// `spec` as far as it may be shown: without user, password and query. Works on malformed ones too.
std::string http_display_name(std::string_view spec);

}  // namespace weir
