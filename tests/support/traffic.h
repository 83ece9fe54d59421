// Known packets: a capture made by the test itself, with what a correct exporter must count in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weir::test {

// "10.0.0.1:1000>10.1.0.1:443/TCP" → packets and IP bytes.
using Totals = std::map<std::string, std::pair<std::uint64_t, std::uint64_t>>;

class Traffic {
 public:
  enum class Versions { kIpv4, kBoth };

  // A few dozen one-way flows of TCP, UDP and ICMP, a second apart at the most.
  explicit Traffic(Versions versions);

  // As a pcap file of Ethernet frames.
  void write_pcap(const std::filesystem::path& path) const;
  const std::vector<std::vector<std::uint8_t>>& frames() const { return frames_; }
  const Totals& totals() const { return totals_; }

 private:
  void add_flow(unsigned number, unsigned protocol, bool v6);
  void add_packet(std::vector<std::uint8_t> ip_packet, bool v6);

  std::vector<std::vector<std::uint8_t>> frames_;
  Totals totals_;
};

}  // namespace weir::test
