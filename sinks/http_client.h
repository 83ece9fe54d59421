// One connection to an HTTP server, kept alive between requests.
//
// Thread rules: one thread. `abort` may be set by any other: the request under way ends within about a second.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/http_options.h"

namespace weir {

struct HttpReply {
  long status = 0;         // 0: no answer, or not a whole one
  std::string body;        // at most 64 MiB: a longer answer is none
  std::string error;       // why there is no answer
  bool connected = false;  // some of the request was sent
  std::chrono::seconds retry_after{0};
};

enum class HttpMethod : std::uint8_t { kGet, kPost, kPut };

class HttpClient {
 public:
  // `options` and `abort` must outlive this.
  HttpClient(const HttpOptions& options, const std::atomic<bool>& abort);
  ~HttpClient();

  // The headers of requests from now on, beside those that the options' form needs.
  void set_headers(const std::vector<std::string>& headers);

  // POSTs a body, compressed on the way as the options say.
  HttpReply post(std::string_view body);

  // A request to another URL, of the same server or not: for APIs. A GET has no body.
  HttpReply request(HttpMethod method, const std::string& url, std::string_view body = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
