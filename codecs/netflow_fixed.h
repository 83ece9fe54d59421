// NetFlow v1, v5 and v7: fixed records (Cisco, "NetFlow Export Datagram Format").
//
// Thread rules: one decoder's.
#pragma once

#include "codecs/exporter_table.h"

namespace weir {

struct FixedHeader {
  FlowProtocol protocol = FlowProtocol::kNetflowV5;
  std::size_t header_bytes = 0;
  std::size_t record_bytes = 0;
  std::uint32_t count = 0;  // as the header states it
  std::uint32_t sequence = 0;
  bool has_sequence = false;
  std::uint32_t engine = 0;  // v5: engine type and id
  std::uint32_t sampling_rate = 0;
  MessageClock clock;
};

// Nothing when the message is too short for its header. REQUIRES version 1, 5 or 7.
std::optional<FixedHeader> read_fixed_header(Bytes message);

// The records that are there; how many. REQUIRES that out's origin is the message's.
std::uint32_t decode_fixed_records(const FixedHeader& header, Bytes message, BatchWriter& out);

}  // namespace weir
