// Flows for the tests of roll-ups, as plain values, and what is true of them, worked out flow by flow with none of the
// store's code.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
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

// Where and how traffic is counted.
enum class View : std::uint8_t {
  kNoInterface,  // none asked for
  kEachSide,     // under each of a flow's interfaces
  kOneSide,      // under the interface where it was observed, as for exporters that meter both sides
};

// All that one can group by.
struct Group {
  View view = View::kNoInterface;
  std::uint64_t block = 0;
  std::string interface{};
  IpAddress exporter{};
  std::string host{};
  std::uint32_t direction = 0;
  std::uint32_t sampling = 0;
  IpAddress src{};
  IpAddress dst{};
  std::uint32_t dst_port = 0;
  std::uint32_t proto = 0;
  auto operator<=>(const Group&) const = default;
};

struct Traffic {
  std::uint64_t in_bytes = 0;
  std::uint64_t in_packets = 0;
  std::uint64_t out_bytes = 0;
  std::uint64_t out_packets = 0;
  std::uint64_t flows = 0;  // only with kNoInterface
  Traffic& operator+=(const Traffic& other);
  bool operator==(const Traffic&) const = default;
};

// Groups without bytes and packets are left out.
using Answer = std::map<Group, Traffic>;

// What `flows` come to in biflow mode, paired among themselves.
Answer answer_of(std::span<const PlainFlow> flows);
// The same of roll-up rows, by the rules in store/rollup.h.
Answer answer_of(std::span<const std::shared_ptr<const Segment>> rollups);

void add(Answer& to, const Answer& from);

}  // namespace weir::test
