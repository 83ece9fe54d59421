// A small HTTP server for people and programs that look at a daemon: a handful of pages, on any address.
//
// Who may ask: http_guard.h. What comes in is bounded: how many connections, how long a request, how slowly it comes
// and how slowly its answer is taken (connection.h).
//
// Thread rules: start() and the destructor from one thread; the pages are called from the server's threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "web/http.h"
#include "web/server_options.h"

namespace weir {

inline constexpr std::string_view kDefaultHttpAddress = "127.0.0.1:8080";

// What is served beside /healthz. Paths stand once.
struct HttpPages {
  std::string title = {};                     // of the list of pages
  std::function<std::string()> metrics = {};  // missing: no /metrics
  std::function<std::string()> trouble = {};  // why it is not ready; empty when it is
  std::vector<HttpRoute> routes = {};         // with one for "/", else that is the list
};

class HttpServer {
 public:
  // Serves until destroyed. An address that others can reach needs a token. Port 0 is any that is free.
  static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options, HttpPages pages);
  // Ends what runs for a client, and waits for it.
  ~HttpServer();

  std::uint16_t port() const;
  // "http://127.0.0.1:8080", with the port that was found where 0 was asked for.
  std::string url() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
