// Names of the numbers that a flow carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/flow.h"

namespace weir {

// "NETFLOW_V5", "IPFIX", "WEIR" …
std::string_view flow_type_name(FlowProtocol protocol);
std::optional<FlowProtocol> flow_type(std::string_view name);

// IANA's protocol names: "TCP", "UDP", "ICMP", "IPv6-ICMP"; every number has a text, an unassigned one its decimal
// digits.
std::string_view protocol_name(std::uint8_t protocol);
// By name, in any case ("tcp", "icmp6" and "icmpv6" too), or decimal number.
std::optional<std::uint8_t> protocol_number(std::string_view name);

// "IPv4", "IPv6", "ARP", "MPLS" …; empty for a number without a name here.
std::string_view etype_name(std::uint16_t etype);
std::optional<std::uint16_t> etype_number(std::string_view name);

inline constexpr std::uint16_t kEtypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtypeIpv6 = 0x86dd;

inline constexpr std::uint8_t kProtoIcmp = 1;
inline constexpr std::uint8_t kProtoTcp = 6;
inline constexpr std::uint8_t kProtoUdp = 17;
inline constexpr std::uint8_t kProtoIcmpv6 = 58;

}  // namespace weir
