// The data set as IPFIX: exactly the fields that it has, and the interfaces' names by options data.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <string>

#include "bench/dataset.h"

namespace weir::bench {

// Templates 256 (IPv4) and 257 (IPv6), options template 258, and the names of the router's interfaces.
std::string template_message(const Router& router, std::uint32_t export_s, std::uint32_t sequence);

// A datagram's flows as one message. Times move by `shift_ms`.
std::string data_message(const Datagram& datagram, std::uint32_t export_s, std::uint32_t sequence,
                         std::int64_t shift_ms);

}  // namespace weir::bench
