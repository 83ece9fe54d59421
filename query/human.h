// Amounts and times for people.
//
// Thread rules: functions without shared state.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weir {

// "8d1h50m0s", "1m30s", "0s": whole seconds, without the units in front that are zero.
std::string human_span(std::chrono::seconds span);

// "37ms", "1.234s", "2m5.1s", "640µs": how long something took.
std::string human_elapsed(std::chrono::nanoseconds elapsed);

// "2026-01-02 15:04:05", local time; "" for 0, which stands for no time.
std::string local_time(std::uint64_t ns);

// "2026-01-02T15:04:05Z", with nine decimals where there are any.
std::string utc_time(std::uint64_t ns);

}  // namespace weir
