// What enrichment tells about itself.
//
// Plain data; the counters may be added to from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace weir {

class JsonText;

struct EnrichmentCounters {
  std::atomic<std::uint64_t> flows{0};           // that went through
  std::atomic<std::uint64_t> lookups{0};         // of addresses that no cache knew
  std::atomic<std::uint64_t> places_dropped{0};  // for which a batch had no room
};

// A file that is looked at again and again.
struct EnrichmentFile {
  std::string file;
  std::string type;              // of a database, as it says itself; "networks" for the own networks
  std::uint64_t build_time = 0;  // Unix time in seconds; of the own networks when the file was changed
  std::uint64_t loaded_ns = 0;   // wall time at which what is in use was loaded
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;  // networks; 0 for databases
  std::uint64_t loads = 0;    // times it was taken into use
  std::uint64_t refused = 0;  // times it was not
  std::string last_error;     // why the present file is not in use; empty while all is well
};

struct EnrichmentStatus {
  std::vector<EnrichmentFile> files;  // empty: nothing is enriched
  std::uint64_t flows = 0;
  std::uint64_t lookups = 0;
  std::uint64_t places_dropped = 0;
};

// A section of a status page for people; nothing where nothing is enriched.
void append_enrichment(std::string& text, const EnrichmentStatus& status, std::uint64_t now_ns);
// The member "enrichment" of a status page for programs.
void write_enrichment(JsonText& json, const EnrichmentStatus& status, std::uint64_t now_ns);

}  // namespace weir
