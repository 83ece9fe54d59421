// The command line of weir export, and what it asks for.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/enrichment_options.h"
#include "app/http_flags.h"
#include "base/error.h"
#include "exporter/exporter.h"

namespace weir {

// As the user wrote them, defaults included.
struct ExportFlags {
  std::vector<std::string> interfaces;
  std::string pcap;
  std::vector<std::string> to{"stdout"};
  // Capture.
  std::string filter;
  unsigned threads = 1;
  std::string ring_block = "1MiB";
  unsigned ring_blocks = 8;
  std::string ring_timeout = "100ms";
  std::uint32_t snaplen = 256;
  bool not_promiscuous = false;
  std::string user;
  // Metering.
  std::uint64_t max_flows = 1'000'000;
  std::string active = "60s";
  std::string idle = "15s";
  std::string udp_idle = "10s";
  std::string unanswered_idle = "5s";
  std::string closed = "1s";
  std::vector<std::string> ignore;
  std::uint32_t sampling = 1;
  std::string sampling_mode = "deterministic";
  std::uint32_t flow_sampling = 1;
  bool inside_tunnels = false;
  bool drop_duplicates = false;
  bool extremes = false;
  std::vector<std::string> local_nets;
  // Export.
  std::string protocol;
  bool biflow = false;
  std::uint32_t source_id = 0;
  std::string host;
  std::string run_dir;
  HttpFlags http{.address = "off"};
  std::string state_dir;
  EnrichmentFlags enrichment;
};

// The same, checked.
struct ExportPlan {
  std::string pcap;  // empty: live
  CaptureOptions capture;
  ExporterOptions exporter;
  std::vector<std::string> to;
  std::string user;
  std::filesystem::path run_dir;
  HttpFlags http;                   // "off": none
  std::filesystem::path state_dir;  // empty: none
  EnrichmentFlags enrichment;
};

void add_export_options(CLI::App& command, ExportFlags& flags);
Result<ExportPlan> export_plan(const ExportFlags& flags);

}  // namespace weir
