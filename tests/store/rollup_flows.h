// Flows for the tests of roll-ups, as plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "flow/address.h"
#include "store/segment.h"

namespace weir::test {

struct Interface {
  std::optional<std::uint32_t> index{};
  std::string name{};
  std::string label() const;
  bool operator==(const Interface&) const = default;
};

struct PlainFlow {
  std::uint64_t start = 0;  // 0: absent
  std::uint64_t end = 0;
  IpAddress exporter{};
  std::string host{};
  Interface in{};
  Interface out{};
  std::optional<std::uint8_t> direction{};
  std::uint32_t sampling = 0;
  IpAddress src{};
  IpAddress dst{};
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t proto = 0;
  std::optional<std::uint8_t> icmp_type{};
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  struct Reverse {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
  };
  std::optional<Reverse> reverse{};
};

// Flows between few hosts, ports and interfaces, with times in a few stretches of the day that begins at `day`.
// `first_packet_matters`: conversations begin by either side, and there is ICMP. Else the ports decide.
std::vector<PlainFlow> random_flows(std::mt19937_64& random, std::size_t count, std::uint64_t day,
                                    bool first_packet_matters);

std::string raw_image(std::span<const PlainFlow> flows);
std::shared_ptr<const Segment> raw_segment(std::span<const PlainFlow> flows);

}  // namespace weir::test
