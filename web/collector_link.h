// The collector that a server speaks for: in this process, or beside it, asked over its control socket.
//
// Thread rules: both functions are called from many threads at once.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "web/http.h"

namespace weir {

struct CollectorLink {
  // Whether there is one now.
  std::function<bool()> present = [] { return false; };
  // Answers a command of the control socket, in JSON: "status json", "templates", "exporters", "live SINCE",
  // "top BY LIMIT".
  std::function<Result<std::string>(std::string_view)> ask = [](std::string_view) { return fail("no collector"); };
};

// /api/v1/status, templates, live and top.
std::vector<HttpRoute> collector_routes(const CollectorLink& link);
// The answer to one command: 404 where no collector is, 503 where it does not answer.
HttpAnswer ask_collector(const CollectorLink& link, std::string_view command);

}  // namespace weir
