// A daemon's answers to "live" and "top" (live/live_view.h), read.
//
// Plain values and functions without shared state.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir {

struct LiveSeries {
  std::string name;
  std::vector<std::uint64_t> bits, packets;  // a second each, the last one's at the end
};

struct LiveAnswer {
  std::uint64_t now = 0;
  std::vector<LiveSeries> protocols;
};

struct RatesAnswer {
  std::array<std::uint64_t, 3> bits_per_s{}, packets_per_s{};  // over the last 2, 10 and 40 s
};

// Members that the ranking does not have stay empty.
struct TalkerAnswer {
  std::string src_addr, dst_addr, addr, proto;
  std::uint16_t src_port = 0, dst_port = 0, port = 0;
  RatesAnswer rates;
  std::uint64_t bytes = 0;
};

struct TopAnswer {
  std::uint64_t window_s = 0;
  std::vector<TalkerAnswer> rows;
  RatesAnswer total;
  std::uint64_t dropped = 0;
};

Result<LiveAnswer> read_live_answer(std::string_view json);
Result<TopAnswer> read_top_answer(std::string_view json);

}  // namespace weir
