// Numbers with units, as users write them.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// "1700", "0x1f", "10k", "1.5M", "2GiB": k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti (a B may follow) of 1024, in any
// case. None unless that is a whole number below 2^64.
std::optional<std::uint64_t> parse_magnitude(std::string_view text);

// "10s", "500ms", "1h30m", "2d:4h:5m": nanoseconds. Units d, h, m, s, ms, us, ns, largest first, each once.
std::optional<std::uint64_t> parse_timespan(std::string_view text);

}  // namespace weir
