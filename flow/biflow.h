// A merged biflow (RFC 5103) as two unidirectional flows.
//
// Thread rules: functions without shared state.
#pragma once

#include "flow/batch.h"

namespace weir {

// False where only the reverse direction had packets: a slice of a flow in which nobody but the responder spoke. Its
// forward direction makes no record.
inline bool has_forward_traffic(const Flow& flow) {
  return flow.packets != 0 || flow.bytes != 0 || !flow.has(FieldId::packets);
}

// True when `flow` saw packets in the reverse direction.
bool has_reverse_traffic(const FlowBatch& batch, const Flow& flow);

// The reverse direction of a flow, as values. REQUIRES has_reverse_traffic(). Endpoints, interfaces, ports, masks, AS
// numbers, MACs, VLANs, VRFs, NAT addresses and places change sides, flow_direction turns, the reverse counters, flags
// and times become the flow's own (the forward times stay where the reverse ones are absent), and what only the forward
// direction can know (next hops, TTL, labels, fragments, communities, paths) is absent. `cold` is the flow's cold part
// from now on; Flow::cold still points to the batch's.
struct ReverseFlow {
  Flow flow;
  FlowCold cold;
};
ReverseFlow reverse_of(const FlowBatch& batch, const Flow& flow);

// Takes the reverse fields out of the presence bits.
void clear_reverse_fields(Flow& flow);

}  // namespace weir
