#include "web/collector_link.h"

#include <algorithm>
#include <limits>

#include "live/live_view.h"
#include "web/query_params.h"

namespace weir {
namespace {

HttpAnswer bad_parameter(const TextError& error) { return error_answer(400, error.message); }

// The value of the only parameters that `request` may have; empty where one is left out.
TextResult<std::vector<std::string>> only_params(const HttpRequest& request, std::vector<std::string> names) {
  std::vector<std::string> values(names.size());
  for (const auto& [name, value] : request.params) {
    const auto at = std::ranges::find(names, name);
    if (at == names.end()) return std::unexpected(TextError{{name + ": there is no such parameter"}, name, "", {}});
    values[static_cast<std::size_t>(at - names.begin())] = value;
  }
  return values;
}

HttpAnswer live(const CollectorLink& link, const HttpRequest& request) {
  const auto params = only_params(request, {"since"});
  if (!params) return bad_parameter(params.error());
  std::uint64_t since = 0;
  if (const std::string& text = params->front(); !text.empty()) {
    const auto number = number_param("since", text, 0, std::numeric_limits<std::int64_t>::max());
    if (!number) return bad_parameter(number.error());
    since = *number;
  }
  return ask_collector(link, "live " + std::to_string(since));
}

HttpAnswer top(const CollectorLink& link, const HttpRequest& request) {
  const auto params = only_params(request, {"by", "limit"});
  if (!params) return bad_parameter(params.error());
  const std::string by = (*params)[0].empty() ? "flows" : (*params)[0];
  if (by != "flows" && by != "hosts" && by != "ports") return error_answer(400, "by: it is flows, hosts or ports");
  std::uint64_t limit = 50;
  if (const std::string& text = (*params)[1]; !text.empty()) {
    const auto number = number_param("limit", text, 1, LiveView::kMaxRows);
    if (!number) return bad_parameter(number.error());
    limit = *number;
  }
  return ask_collector(link, "top " + by + " " + std::to_string(limit));
}

}  // namespace

HttpAnswer ask_collector(const CollectorLink& link, std::string_view command) {
  if (!link.present()) return error_answer(404, "no collector runs here");
  auto answer = link.ask(command);
  if (!answer) return error_answer(503, answer.error().message);
  return json_answer(std::move(*answer));
}

std::vector<HttpRoute> collector_routes(const CollectorLink& link) {
  const auto command = [link](std::string text) {
    return [link, text = std::move(text)](const HttpRequest&) { return ask_collector(link, text); };
  };
  std::vector<HttpRoute> routes;
  routes.push_back({.path = "/api/v1/status",
                    .description = "everything received, decoded, delivered and dropped",
                    .get = command("status json")});
  routes.push_back({.path = "/api/v1/templates", .description = "templates in force", .get = command("templates")});
  routes.push_back({.path = "/api/v1/live",
                    .description = "traffic by protocol, second by second",
                    .get = [link](const HttpRequest& request) { return live(link, request); }});
  routes.push_back({.path = "/api/v1/top",
                    .description = "the busiest flows, hosts or ports",
                    .get = [link](const HttpRequest& request) { return top(link, request); }});
  return routes;
}

}  // namespace weir
