// What the kernel tells in /proc/net, as text: reading it.
//
// Hostile input: lines that are not as expected are left out.
//
// Thread rules: functions without shared state.
#pragma once

#include <string_view>
#include <vector>

#include "app/doctor/facts.h"

namespace weir {

// /proc/net/softnet_stat
SoftnetCounters parse_softnet(std::string_view text);
// /proc/net/snmp, whose lines come in pairs: names, then values.
UdpCounters parse_udp_counters(std::string_view text);
// /proc/net/udp, udp6, tcp and tcp6: the sockets that take what comes from anyone.
std::vector<BoundSocket> parse_bound_sockets(std::string_view text, bool tcp);
// "CapEff" of /proc/self/status; 0 where it is missing.
std::uint64_t parse_effective_capabilities(std::string_view text);

}  // namespace weir
