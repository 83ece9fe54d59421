// Throughput by protocol, second by second, for the last 15 minutes.
//
// Thread rules: none of its own; whoever shares one serialises it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "live/amount.h"

namespace weir {

// The protocols that are told apart; all others are one.
enum class LiveProtocol : std::uint8_t { kTcp, kUdp, kIcmp, kIcmpv6, kGre, kEsp, kSctp, kOther, kCount };
inline constexpr std::size_t kLiveProtocols = static_cast<std::size_t>(LiveProtocol::kCount);

// "TCP" … "other".
std::string_view live_protocol_name(LiveProtocol protocol);

namespace internal {
extern const std::array<LiveProtocol, 256> kLiveProtocolOf;
}
inline LiveProtocol live_protocol(std::uint8_t ip_protocol) { return internal::kLiveProtocolOf[ip_protocol]; }

struct ProtocolSum {
  Amount traffic{};
  std::uint64_t flows = 0;
};
using ProtocolSums = std::array<ProtocolSum, kLiveProtocols>;

class ProtocolSeconds {
 public:
  static constexpr std::size_t kSeconds = 900;

  ProtocolSeconds() : rows_(kRows) {}

  // `second` (Unix time) is the one in which it was received, `now` the present one. What is older than the window is
  // left out.
  void add(const ProtocolSums& sums, std::uint64_t second, std::uint64_t now);

  // Zeros where nothing was added.
  ProtocolSums at(std::uint64_t second) const;

 private:
  // More than the window: the present second, and those that are not settled yet, have rows as well.
  static constexpr std::size_t kRows = 1024;
  struct Row {
    std::uint64_t second = 0;
    ProtocolSums sums{};
  };

  std::vector<Row> rows_;
};

}  // namespace weir
