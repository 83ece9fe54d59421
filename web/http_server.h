// The HTTP listener: metrics, health and the JSON API of a daemon.
//
//   /metrics       Prometheus text
//   /healthz       200 while the process answers
//   /readyz        200 when packets or datagrams can come and no sink is in trouble, else 503 and why
//   /              a list of these and of the daemon's JSON pages
//
// Thread rules: the pages' functions are called from the server's threads, several at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir {

inline constexpr std::string_view kDefaultHttpAddress = "127.0.0.1:8080";

struct JsonPage {
  std::string path;
  std::string description;
  std::function<std::string()> content;
};

struct HttpPages {
  std::string title;
  std::function<std::string()> metrics;
  std::function<std::string()> trouble;  // why it is not ready; empty when it is
  std::vector<JsonPage> json;
};

class HttpServer {
 public:
  // `address` is "host:port", ":port" (loopback only) or "[v6]:port". Serves until destroyed.
  static Result<std::unique_ptr<HttpServer>> start(std::string_view address, HttpPages pages);
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
