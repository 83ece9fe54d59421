// What one end sent to another: the unit in which the busiest are counted.
//
// Plain values and functions without shared state.
#pragma once

#include <cstdint>

#include "flow/address.h"
#include "flow/batch.h"
#include "live/amount.h"

namespace weir {

struct Talk {
  AddressBytes src, dst;
  Family family;  // of both; kNone: without addresses
  std::uint8_t proto;
  std::uint16_t src_port, dst_port;
  std::uint16_t service_port;  // which of the two is the service's; 0: the protocol has no ports
  Amount amount;

  // The same flow's other direction.
  Talk reversed(const Amount& other) const {
    return {dst, src, family, proto, dst_port, src_port, service_port, other};
  }
};

bool has_ports(std::uint8_t ip_protocol);

// What a flow says of its forward and of its reverse direction, scaled by its sampling rate; zero for one that it has
// not.
inline Amount forward_amount(const Flow& flow) { return Amount{flow.bytes, flow.packets}.scaled(flow.sampling_rate); }
inline Amount reverse_amount(const FlowBatch& batch, const Flow& flow) {
  if (flow.cold == 0) return {};
  const FlowCold& cold = batch.cold(flow);
  return Amount{cold.reverse_bytes, cold.reverse_packets}.scaled(flow.sampling_rate);
}

// A flow's forward direction. The service's port is the destination's where `is_biflow`, whose forward direction is the
// initiator's; else nothing tells who began, and it is the smaller of the two.
Talk talk_of(const Flow& flow, bool is_biflow);

}  // namespace weir
