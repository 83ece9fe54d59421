#include "app/enrichment_options.h"

#include "app/checks.h"

namespace weir {

void add_enrichment_options(CLI::App& command, EnrichmentFlags& flags, const std::string& group) {
  command
      .add_option("--geoip-city", flags.city,
                  "MaxMind DB file with countries or cities (.mmdb); a new one is taken into use\n"
                  "without a restart (repeatable, the first that knows is believed)")
      ->type_name("FILE")
      ->group(group)
      ->check(not_empty());
  command
      .add_option("--geoip-asn", flags.asn,
                  "MaxMind DB file with AS numbers, providers or anonymity, likewise (repeatable)")
      ->type_name("FILE")
      ->group(group)
      ->check(not_empty());
  command
      .add_option("--asn-source", flags.asn_source,
                  "Whose numbers src_as and dst_as are: the exporter's, the database's (geoip), or the\n"
                  "database's where the exporter gives none (prefer-exporter)")
      ->type_name("SOURCE")
      ->group(group)
      ->check(one_of({"exporter", "geoip", "prefer-exporter"}))
      ->capture_default_str();
  command
      .add_option("--networks", flags.networks,
                  "CSV file of your own networks: prefix,name,site,role,tenant (docs/enrichment.md)")
      ->type_name("FILE")
      ->group(group)
      ->check(not_empty());
}

Result<std::shared_ptr<Enrichment>> open_enrichment(const EnrichmentFlags& flags) {
  EnrichmentOptions options;
  options.databases.assign(flags.city.begin(), flags.city.end());
  options.databases.insert(options.databases.end(), flags.asn.begin(), flags.asn.end());
  options.networks = flags.networks;
  if (flags.asn_source == "geoip") {
    options.asn_source = AsnSource::kGeoip;
    if (options.databases.empty()) return fail("--asn-source geoip needs a database: --geoip-asn FILE");
  } else if (flags.asn_source == "exporter") {
    options.asn_source = AsnSource::kExporter;
  }
  if (options.databases.empty() && options.networks.empty()) return nullptr;
  return Enrichment::open(std::move(options));
}

}  // namespace weir
