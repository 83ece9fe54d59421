// Enriching batches with City (or Country) and ASN on both addresses, by databases of real size: WEIR_BENCH_MMDB names
// a directory with *country*.mmdb.gz or *city*.mmdb.gz, and *asn*.mmdb.gz (../shared/mmdb/real-size where it is not
// set). The mix is that of the other benchmarks: sites that talk to a million hosts outside, some much more than
// others. CPU time of the enricher alone.
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "bench/dataset.h"
#include "enrich/enricher.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFlows = 1 << 20;

fs::path shared() {
  const char* named = std::getenv("WEIR_BENCH_MMDB");
  return named != nullptr ? fs::path(named) : fs::path(WEIR_SOURCE_DIR "/../shared/mmdb/real-size");
}

// The first file there whose name has `word`, unpacked; empty where there is none.
fs::path unpacked(const fs::path& to, std::string_view word) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(shared(), error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".mmdb.gz") || name.find(word) == std::string::npos) continue;
    const fs::path file = to / name.substr(0, name.size() - 3);
    gzFile in = ::gzopen(entry.path().c_str(), "rb");
    std::ofstream out(file, std::ios::binary);
    std::vector<char> piece(1 << 20);
    for (int n = 0; (n = ::gzread(in, piece.data(), 1 << 20)) > 0;) out.write(piece.data(), n);
    ::gzclose(in);
    return file;
  }
  return {};
}

std::shared_ptr<Enrichment> open_enrichment() {
  std::string name = (fs::temp_directory_path() / "weir-bench-XXXXXX").string();
  const fs::path dir = ::mkdtemp(name.data());
  EnrichmentOptions options;
  for (const char* word : {"city", "country", "asn"}) {
    if (const fs::path file = unpacked(dir, word); !file.empty()) options.databases.push_back(file);
  }
  options.look_every = std::chrono::hours(1);
  auto opened = options.databases.size() < 2 ? fail("no databases in " + shared().string()) : Enrichment::open(options);
  fs::remove_all(dir);
  return opened ? *opened : nullptr;
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Kept {
  bench::Datagram datagram;
  std::vector<Flow> flows;
};

const std::vector<Kept>& datagrams() {
  static bench::Dataset dataset({.flows = kFlows, .days = 1});  // its routers stay
  static const std::vector<Kept> made = [] {
    std::vector<Kept> all;
    for (auto datagram = dataset.next(); !datagram.flows.empty(); datagram = dataset.next()) {
      all.push_back({datagram, {datagram.flows.begin(), datagram.flows.end()}});
      all.back().datagram.flows = all.back().flows;  // the vector's memory stays where it is
    }
    return all;
  }();
  return made;
}

enum class Mix { kUsual, kScan };

// kScan: every destination is another, of all IPv4.
void enrich(benchmark::State& state, Mix mix) {
  const auto enrichment = open_enrichment();
  if (!enrichment) return state.SkipWithError("no databases; see WEIR_BENCH_MMDB");
  std::mt19937 random(1);
  std::uint64_t flows = 0, with_place = 0;
  double spent = 0;
  {
    Enricher enricher(enrichment);
    const auto seal = [&](FlowBatch& batch) {
      if (mix == Mix::kScan) {
        for (Flow& flow : batch.open_flows()) {
          const auto any = static_cast<std::uint32_t>(random());
          flow.dst_addr = {};
          flow.dst_addr_family = Family::kV4;
          std::memcpy(flow.dst_addr.data(), &any, sizeof any);
        }
      }
      const double before = cpu_seconds();
      enricher.enrich(batch);
      spent += cpu_seconds() - before;
      flows += batch.flows().size();
      for (const Flow& flow : batch.flows()) with_place += (flow.src_place != 0) + (flow.dst_place != 0);
    };
    for (auto _ : state) {
      const double before = spent;
      BatchWriter writer(BatchPool::create(), [](BatchRef) {}, seal);
      for (const Kept& kept : datagrams()) append(kept.datagram, writer);
      writer.flush();
      state.SetIterationTime(spent - before);
    }
  }
  const EnrichmentStatus status = enrichment->status();
  state.counters["flows/s"] = static_cast<double>(flows) / spent;
  state.counters["known"] = static_cast<double>(with_place) / static_cast<double>(2 * flows);
  state.counters["lookups"] = static_cast<double>(status.lookups) / static_cast<double>(2 * flows);
  state.counters["dropped"] = static_cast<double>(status.places_dropped);
}

BENCHMARK_CAPTURE(enrich, usual, Mix::kUsual)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(enrich, scan, Mix::kScan)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir
