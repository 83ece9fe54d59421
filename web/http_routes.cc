#include "web/http_routes.h"

#include <utility>

namespace weir {
namespace {

constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::size_t kPathWidth = 21;

HttpAnswer readiness(const HttpPages& pages, const HttpRequest& request) {
  const std::string trouble = pages.trouble();
  if (trouble.empty()) return text_answer("ready\n");
  return text_answer(request.trusted ? trouble : "not ready\n", 503);
}

}  // namespace

HttpRoutes::HttpRoutes(HttpPages pages) {
  add({.path = "/healthz",
       .description = "200 while the process answers",
       .get = [](const HttpRequest&) { return text_answer("ok\n"); },
       .open = true});
  add({.path = "/readyz",
       .description = "200 when it can take something in and no output is in trouble",
       .get = [pages](const HttpRequest& request) { return readiness(pages, request); },
       .open = true});
  if (pages.metrics) {
    add({.path = "/metrics",
         .description = "metrics for Prometheus",
         .get = [metrics = pages.metrics](const HttpRequest&) {
           return HttpAnswer{.type = kPrometheusType, .body = metrics()};
         }});
  }
  for (HttpRoute& route : pages.routes) add(std::move(route));
  if (find("/") != nullptr) return;
  std::string list = pages.title + "\n\n";
  for (const auto& [path, route] : routes_) {
    list += path + std::string(path.size() < kPathWidth ? kPathWidth - path.size() : 0, ' ') + " " + route.description +
            "\n";
  }
  add({.path = "/", .description = "", .get = [list](const HttpRequest&) { return text_answer(list); }});
}

const HttpRoute* HttpRoutes::find(std::string_view path) const {
  const auto at = routes_.find(path);
  return at == routes_.end() ? nullptr : &at->second;
}

void HttpRoutes::add(HttpRoute route) {
  std::string path = route.path;
  routes_.insert_or_assign(std::move(path), std::move(route));
}

}  // namespace weir
