#include "web/pages.h"

#include <span>
#include <utility>

#include "web/metrics.h"

namespace weir {
namespace {

// What is wrong with the sinks, else `otherwise`.
std::string sinks_in_trouble(std::span<const SinkStatus> sinks, const std::string& otherwise) {
  std::string why;
  for (const SinkStatus& sink : sinks) {
    if (!sink.last_error.empty()) why += sink.name + ": " + sink.last_error + "\n";
  }
  return why.empty() ? otherwise : why;
}

}  // namespace

HttpPages collector_pages(std::function<CollectorStatus()> status,
                          std::function<std::vector<TemplateView>()> templates) {
  return {.title = "weir collector",
          .metrics = [status] { return metrics_text(status()); },
          .trouble =
              [status] {
                const CollectorStatus now = status();
                return now.ready() ? "" : sinks_in_trouble(now.sinks, "no socket is open\n");
              },
          .json = {{"/api/v1/status", "everything received, decoded, delivered and dropped",
                    [status] { return status_json(status()); }},
                   {"/api/v1/templates", "templates in force",
                    [templates = std::move(templates)] { return templates_json(templates()); }}}};
}

HttpPages exporter_pages(std::function<ExporterStatus()> status) {
  return {.title = "weir exporter",
          .metrics = [status] { return metrics_text(status()); },
          .trouble =
              [status] {
                const ExporterStatus now = status();
                return now.ready() ? "" : sinks_in_trouble(now.sinks, "no interface is there and up\n");
              },
          .json = {{"/api/v1/status", "everything captured, metered, delivered and dropped",
                    [status] { return status_json(status()); }}}};
}

}  // namespace weir
