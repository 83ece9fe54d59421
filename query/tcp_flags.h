// TCP flags as letters: F S R P A U E C N, for FIN (1), SYN, RST, PSH, ACK, URG, ECE, CWR and NS (256).
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// "SA", "as": each letter at most once, in any order and case; "" is no flag.
std::optional<std::uint64_t> parse_tcp_flags(std::string_view letters);

// "SA"; in hex where a bit has no letter, "" for none.
std::string tcp_flags_text(std::uint64_t flags);

}  // namespace weir
