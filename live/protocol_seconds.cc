#include "live/protocol_seconds.h"

namespace weir {
namespace {

struct Known {
  std::uint8_t number;
  std::string_view name;
};

// By LiveProtocol.
constexpr std::array<Known, kLiveProtocols> kKnown{
    {{6, "TCP"}, {17, "UDP"}, {1, "ICMP"}, {58, "IPv6-ICMP"}, {47, "GRE"}, {50, "ESP"}, {132, "SCTP"}, {255, "other"}}};

}  // namespace

constinit const std::array<LiveProtocol, 256> internal::kLiveProtocolOf = [] {
  std::array<LiveProtocol, 256> of{};
  of.fill(LiveProtocol::kOther);
  for (std::size_t i = 0; i < kLiveProtocols; ++i) of[kKnown[i].number] = static_cast<LiveProtocol>(i);
  return of;
}();

std::string_view live_protocol_name(LiveProtocol protocol) { return kKnown[static_cast<std::size_t>(protocol)].name; }

void ProtocolSeconds::add(const ProtocolSums& sums, std::uint64_t second, std::uint64_t now) {
  if (second + kSeconds <= now) return;
  Row& row = rows_[second % kRows];
  if (row.second != second) row = {second, {}};
  for (std::size_t i = 0; i < kLiveProtocols; ++i) {
    row.sums[i].traffic += sums[i].traffic;
    row.sums[i].flows = saturating_add(row.sums[i].flows, sums[i].flows);
  }
}

ProtocolSums ProtocolSeconds::at(std::uint64_t second) const {
  const Row& row = rows_[second % kRows];
  return row.second == second ? row.sums : ProtocolSums{};
}

}  // namespace weir
