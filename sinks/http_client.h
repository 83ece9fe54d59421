// One connection to an HTTP server, kept alive between requests.
//
// Thread rules: one thread. `abort` may be set by any other: the request under way ends within about a second.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "sinks/http_options.h"

namespace weir {

struct HttpReply {
  long status = 0;    // 0: no answer
  std::string body;   // its first 64 KiB
  std::string error;  // why there is no answer
};

class HttpClient {
 public:
  // `options` and `abort` must outlive this.
  HttpClient(const HttpOptions& options, const std::atomic<bool>& abort);
  ~HttpClient();

  // POSTs a JSON document, compressed already where the options say so.
  HttpReply post(std::string_view body);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
