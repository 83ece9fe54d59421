// Sends synthetic traffic (flow_generator.h) to a collector over UDP, as one exporter or several.
//
// Exporters differ in source id (v9: source ID, IPFIX: observation domain, v5: engine) and in source address or port
// (exporter_socket.h). They take turns, a message each.
//
// Thread rules: generate() blocks; `stop` may be set from any thread or a signal handler.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "codecs/encoder.h"

namespace weir {

struct GenerateOptions {
  std::string target = "127.0.0.1:2055";
  ExportProtocol protocol = ExportProtocol::kIpfix;
  double rate = 0;                       // flows per second; 0: as fast as it can
  std::uint64_t flows = 0;               // 0: no end
  std::chrono::nanoseconds duration{0};  // 0: no end
  std::uint64_t seed = 1;                // the same seed gives the same flows
  std::uint32_t exporters = 1;           // up to 65535
  double ipv6_share = 0.2;               // 0 to 1; NetFlow v5 carries IPv4 only, whatever this says
  std::uint32_t sampling = 0;            // announced packet sampling, 1 of N; v5 up to 16383; 0: none
};

struct GenerateTotals {
  std::uint64_t flows = 0;         // handed to the network, in that many
  std::uint64_t datagrams = 0;     // of that many
  std::uint64_t bytes = 0;         // of UDP payload
  std::uint64_t flows_unsent = 0;  // of datagrams that the system refused
  std::uint64_t send_errors = 0;   // the system's errors; "connection refused" tells of an earlier datagram
  std::string last_error;
  std::chrono::nanoseconds elapsed{0};
};

// Sends until `flows`, `duration` or `stop` ends it, and then what is still in the encoders. An error, before anything
// is sent, for options outside their limits, a target that does not resolve, or sockets that cannot be had. At a given
// rate, time lost (a slow machine, a blocked socket) is made good, by bursts of at most 10 ms' worth of flows.
Result<GenerateTotals> generate(const GenerateOptions& options, const std::atomic<bool>& stop);

}  // namespace weir
