// What flows come to, worked out flow by flow with none of the store's code, and what roll-ups say that they come to.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "flow/address.h"
#include "store/segment.h"
#include "tests/store/rollup_flows.h"

namespace weir::test {

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
