// The HTTP listener: metrics, health and the JSON API.
//
//   /metrics           Prometheus text
//   /healthz           200 while the process answers
//   /readyz            200 when the sockets are open and no sink is in trouble, else 503 and why
//   /api/v1/status     the whole ledger as JSON
//   /api/v1/templates  templates in force as JSON
//   /                  a list of these
//
// Thread rules: the sources are called from the server's threads, several at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "collector/status.h"

namespace weir {

inline constexpr std::string_view kDefaultHttpAddress = "127.0.0.1:8080";

struct HttpSources {
  std::function<CollectorStatus()> status;
  std::function<std::vector<TemplateView>()> templates;
};

class HttpServer {
 public:
  // `address` is "host:port", ":port" (loopback only) or "[v6]:port". Serves until destroyed.
  static Result<std::unique_ptr<HttpServer>> start(std::string_view address, HttpSources sources);
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
