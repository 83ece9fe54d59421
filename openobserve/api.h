// OpenObserve's HTTP API, as far as weir uses it: requests below /api, and what its answers mean in words.
//
// Thread rules: one thread.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "openobserve/json_objects.h"
#include "sinks/http_client.h"

namespace weir {

class OpenObserveApi {
 public:
  // `http` says the server's address (its URL without a path, or with the prefix that OpenObserve is served below), the
  // credentials and how to connect.
  explicit OpenObserveApi(HttpOptions http);

  // The answer's body. An error when there is no answer or its status is not of 2xx. `path` starts with "/api/".
  Result<std::string> get(const std::string& path);
  Result<std::string> send(HttpMethod method, const std::string& path, std::string_view json);

  // The list that a GET answers, by itself or as the member `name`.
  Result<std::vector<JsonTexts>> list(const std::string& path, std::string_view name);

  std::string url(const std::string& path) const { return http_.url + path; }

 private:
  Result<std::string> answer(const std::string& url, HttpReply reply) const;

  HttpOptions http_;
  std::atomic<bool> abort_ = false;
  HttpClient client_;
};

}  // namespace weir
