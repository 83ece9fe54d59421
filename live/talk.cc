#include "live/talk.h"

#include <algorithm>

#include "flow/names.h"

namespace weir {
namespace {

constexpr std::uint8_t kDccp = 33, kSctp = 132, kUdpLite = 136;

}  // namespace

bool has_ports(std::uint8_t ip_protocol) {
  return ip_protocol == kProtoTcp || ip_protocol == kProtoUdp || ip_protocol == kSctp || ip_protocol == kDccp ||
         ip_protocol == kUdpLite;
}

Talk talk_of(const Flow& flow, bool is_biflow) {
  Talk talk{flow.src_addr, flow.dst_addr, flow.src_addr_family, flow.proto, 0, 0, 0, forward_amount(flow)};
  if (flow.src_addr_family == Family::kNone) talk.family = flow.dst_addr_family;
  if (!has_ports(flow.proto)) return talk;
  talk.src_port = flow.src_port;
  talk.dst_port = flow.dst_port;
  talk.service_port = is_biflow ? flow.dst_port : std::min(flow.src_port, flow.dst_port);
  if (talk.service_port == 0) talk.service_port = std::max(flow.src_port, flow.dst_port);
  return talk;
}

}  // namespace weir
