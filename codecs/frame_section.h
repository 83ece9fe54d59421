// Packet sections in flow records: a record that carries the start of a packet (IEs 104, 313, 314, 315) instead of, or
// beside, its fields.
//
// Thread rules: pure functions.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "flow/batch.h"

namespace weir {

// Arena that fill_from_section() may take.
inline constexpr std::size_t kSectionArena = 64;

// Fills what the record's own elements left absent from the packet that `section` begins with. `element` says where it
// begins: 313 at the IP header, 104 and 315 at the Ethernet header, 314 at the label stack.
void fill_from_section(std::uint16_t element, Bytes section, BatchWriter& out, Flow& flow);

}  // namespace weir
