// The options of the commands that enrich flows (weir collect, weir export).
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "enrich/enrichment.h"

namespace weir {

struct EnrichmentFlags {
  std::vector<std::string> city;
  std::vector<std::string> asn;
  std::string asn_source = "prefer-exporter";
  std::string networks;
};

// `flags` outlives the command.
void add_enrichment_options(CLI::App& command, EnrichmentFlags& flags, const std::string& group = "Options");

// What the flags name, loaded; null when they name nothing, and then nothing is enriched. Errors name the option or the
// file.
Result<std::shared_ptr<Enrichment>> open_enrichment(const EnrichmentFlags& flags);

}  // namespace weir
