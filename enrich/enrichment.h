// What enriches flows: geographic databases and the operator's own networks, read from files that are looked at again
// every few seconds. A changed file is loaded aside and taken into use at once for whole batches; one that is broken is
// refused, and what was known before stays in use.
//
// Thread rules: everything from any thread. Log lines say what was loaded or refused.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "enrich/knowledge.h"
#include "enrich/status.h"

namespace weir {

// Whose number src_as and dst_as are.
enum class AsnSource : std::uint8_t {
  kExporter,        // the exporter's, as it is
  kGeoip,           // the database's; the exporter's is dropped
  kPreferExporter,  // the exporter's unless it is 0 or absent
};

struct EnrichmentOptions {
  std::vector<std::filesystem::path> databases;  // best first
  std::filesystem::path networks;                // CSV; empty: none
  AsnSource asn_source = AsnSource::kPreferExporter;
  std::chrono::milliseconds look_every{2000};  // at the files
};

class Enrichment {
 public:
  // Loads everything; an error names the file and says what is wrong with it.
  static Result<std::shared_ptr<Enrichment>> open(EnrichmentOptions options);
  ~Enrichment();

  AsnSource asn_source() const;
  // What is known now. `version` grows with every change, so that who has the knowledge of that version need not ask.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  std::shared_ptr<const Knowledge> knowledge() const;

  // Looks at all files now (SIGHUP), those that were refused too. Returns before they are loaded.
  void reload();

  EnrichmentStatus status() const;

  // Where every Enricher adds what it did, once a batch.
  EnrichmentCounters& counters() { return counters_; }

 private:
  struct Impl;
  explicit Enrichment(std::unique_ptr<Impl> impl);

  std::atomic<std::uint64_t> version_{1};
  EnrichmentCounters counters_;
  std::unique_ptr<Impl> impl_;  // last: its thread uses the others
};

}  // namespace weir
