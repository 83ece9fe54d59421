// What the HTTP listener of each daemon shows.
//
// Thread rules: the functions given are called from the server's threads, several at a time.
#pragma once

#include <functional>
#include <vector>

#include "collector/status.h"
#include "exporter/status.h"
#include "web/http_server.h"

namespace weir {

// /api/v1/status: the whole ledger; /api/v1/templates: templates in force.
HttpPages collector_pages(std::function<CollectorStatus()> status,
                          std::function<std::vector<TemplateView>()> templates);
// /api/v1/status: the whole ledger.
HttpPages exporter_pages(std::function<ExporterStatus()> status);

}  // namespace weir
