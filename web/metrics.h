// The ledger as Prometheus metrics (text exposition format 0.0.4).
//
// Pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "collector/status.h"
#include "exporter/status.h"

namespace weir {

// Series that carry an exporter are bounded: those of the `max_exporters` exporters with most flows, and one, with
// exporter="other" and domain="", for the sum of the rest.
std::string metrics_text(const CollectorStatus& status, std::size_t max_exporters = 1000);

std::string metrics_text(const ExporterStatus& status);

}  // namespace weir
