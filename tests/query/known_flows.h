// Flows written down one by one, for tests whose answers are known by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/batch.h"
#include "tests/query/query_flows.h"

namespace weir::test {

struct KnownFlow {
  std::string src, dst;
  std::uint16_t src_port = 0, dst_port = 0;
  std::uint8_t proto = 6;
  std::uint64_t bytes = 0, packets = 0;
  std::string in = "", out = "";  // interfaces' names
  std::uint64_t start_s = 0;      // after kFlowsBegin
  std::uint64_t length_s = 1;     // to the flow's end, at which it is received
  std::optional<std::uint8_t> direction = std::nullopt;
  std::string exporter = "192.0.2.1";
  std::string host = "r1";
  std::uint32_t sampling_rate = 0;
  std::optional<std::uint8_t> icmp_type = std::nullopt;
  std::optional<std::uint64_t> reverse_bytes = std::nullopt;
  std::optional<std::uint64_t> reverse_packets = std::nullopt;
};

std::vector<BatchRef> batches_of(const std::vector<KnownFlow>& flows);
// One segment of them.
TestStore store_of(const std::vector<KnownFlow>& flows);

}  // namespace weir::test
