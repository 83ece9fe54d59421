#include "web/pages.h"

#include <span>
#include <utility>

#include "web/fields_json.h"
#include "web/metrics.h"
#include "web/page_assets.h"

namespace weir {
namespace {

std::string sinks_in_trouble(std::span<const SinkStatus> sinks, const std::string& otherwise) {
  std::string why;
  for (const SinkStatus& sink : sinks) {
    if (!sink.last_error.empty()) why += sink.name + ": " + sink.last_error + "\n";
  }
  return why.empty() ? otherwise : why;
}

constexpr const char* kNoStore =
    "no store is served here; give the collector an output such as --to store:/var/lib/weir/store";

// A handler of the store's, or 404 where there is none.
template <typename Member>
HttpHandler of_store(const std::shared_ptr<StoreApi>& store, Member member) {
  return [store, member](const HttpRequest& request) {
    return store ? ((*store).*member)(request) : error_answer(404, kNoStore);
  };
}

std::vector<HttpRoute> api_routes(const std::shared_ptr<StoreApi>& store, const CollectorLink& link) {
  std::vector<HttpRoute> routes = page_routes();
  for (HttpRoute& route : collector_routes(link)) routes.push_back(std::move(route));
  routes.push_back({.path = "/api/v1/query",
                    .description = "asks the store",
                    .get = of_store(store, &StoreApi::get_query),
                    .post = of_store(store, &StoreApi::post_query)});
  routes.push_back(
      {.path = "/api/v1/list", .description = "the store's interfaces", .get = of_store(store, &StoreApi::list)});
  routes.push_back({.path = "/api/v1/exporters",
                    .description = "who sends flows, and how well",
                    .get = [link, store](const HttpRequest&) {
                      return store && !link.present() ? store->exporters() : ask_collector(link, "exporters");
                    }});
  routes.push_back({.path = "/api/v1/fields",
                    .description = "columns and attributes of queries",
                    .get = [](const HttpRequest&) { return json_answer(fields_json()); }});
  routes.push_back(openapi_route());
  return routes;
}

}  // namespace

HttpPages collector_pages(std::function<CollectorStatus()> status, const CollectorLink& link,
                          std::shared_ptr<StoreApi> store) {
  return {.title = "weir collector",
          .metrics = [status] { return metrics_text(status()); },
          .trouble =
              [status] {
                const CollectorStatus now = status();
                return now.ready() ? "" : sinks_in_trouble(now.sinks, "no socket is open\n");
              },
          .routes = api_routes(store, link)};
}

HttpPages store_pages(std::shared_ptr<StoreApi> store, const CollectorLink& link) {
  return {.title = "weir store",
          .metrics = {},
          .trouble = [store] { return store->trouble(); },
          .routes = api_routes(store, link)};
}

HttpPages exporter_pages(std::function<ExporterStatus()> status) {
  return {.title = "weir exporter",
          .metrics = [status] { return metrics_text(status()); },
          .trouble =
              [status] {
                const ExporterStatus now = status();
                return now.ready() ? "" : sinks_in_trouble(now.sinks, "no interface is there and up\n");
              },
          .routes = {{.path = "/api/v1/status",
                      .description = "everything captured, metered, delivered and dropped, as JSON",
                      .get = [status](const HttpRequest&) { return json_answer(status_json(status())); }}}};
}

}  // namespace weir
