// Clocks of export protocols, brought to nanoseconds since the Unix epoch.
//
// Thread rules: pure functions.
#pragma once

#include <cstdint>
#include <optional>

namespace weir {

// What a message says of time.
struct MessageClock {
  std::uint64_t export_ns = 0;  // the header's export time
  std::uint32_t uptime_ms = 0;  // sysUpTime at export (v1 to v9)
  bool has_uptime = false;
  std::uint64_t boot_ns = 0;  // when sysUpTime was zero (IE 160), 0 where not known
};

enum class TimeForm : std::uint8_t {
  kSysUptime,     // ms since boot (IEs 21, 22)
  kSeconds,       // Unix (150, 151)
  kMilliseconds,  // Unix (152, 153)
  kMicroseconds,  // NTP timestamp (RFC 7011 §6.1.9; 154, 155)
  kNanoseconds,   // NTP timestamp (RFC 7011 §6.1.10; 156, 157)
  kDeltaMicros,   // before the export time (158, 159)
};

// The form of the time elements of the field table.
std::optional<TimeForm> time_form(std::uint16_t element);

// 0 where the value cannot be told: zero in an absolute form, uptime with an unknown boot.
std::uint64_t flow_time_ns(TimeForm form, std::uint64_t value, const MessageClock& clock);

}  // namespace weir
