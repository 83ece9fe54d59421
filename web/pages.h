// What each program serves over HTTP.
//
// Thread rules: functions without shared state; what they are given is called from many threads at once and outlives
// the server.
#pragma once

#include <functional>
#include <memory>

#include "collector/status.h"
#include "exporter/status.h"
#include "web/collector_link.h"
#include "web/http_server.h"
#include "web/store_api.h"

namespace weir {

// weir collect: the page, the API, metrics. `store` is null where there is no store: output.
HttpPages collector_pages(std::function<CollectorStatus()> status, const CollectorLink& link,
                          std::shared_ptr<StoreApi> store);
// weir serve: the page and the API of a store, and what a collector beside it says.
HttpPages store_pages(std::shared_ptr<StoreApi> store, const CollectorLink& link);
// weir export: status and metrics.
HttpPages exporter_pages(std::function<ExporterStatus()> status);

}  // namespace weir
