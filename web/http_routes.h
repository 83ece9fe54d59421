// The table of what an HTTP server serves.
//
// Thread rules: immutable once made.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "web/http_server.h"

namespace weir {

// By path: the routes of `pages`, /healthz, /readyz, /metrics, and the list of pages at "/" where they have none.
class HttpRoutes {
 public:
  explicit HttpRoutes(HttpPages pages);
  // Null where there is none.
  const HttpRoute* find(std::string_view path) const;
  const std::map<std::string, HttpRoute, std::less<>>& all() const { return routes_; }

 private:
  void add(HttpRoute route);

  std::map<std::string, HttpRoute, std::less<>> routes_;
};

}  // namespace weir
