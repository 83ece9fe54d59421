#include "codecs/flow_time.h"

#include <array>
#include <limits>

#include "base/clock.h"

namespace weir {
namespace {

constexpr std::uint64_t kNtpToUnix = 2'208'988'800;  // seconds from 1900 to 1970

// An NTP fraction in units of 1/`per_second`, rounded: exporters truncate when they make the fraction, so truncating
// again would lose a unit.
std::uint64_t fraction(std::uint32_t ntp, std::uint64_t per_second) {
  return (ntp * per_second + (std::uint64_t{1} << 31)) >> 32;
}

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

std::uint64_t scaled(std::uint64_t value, std::uint64_t ns_per_unit) {
  return value > std::numeric_limits<std::uint64_t>::max() / ns_per_unit ? 0 : value * ns_per_unit;
}

// Exporters are known to put plain microseconds or nanoseconds since 1970, or Unix seconds with a fraction, where the
// RFC wants an NTP timestamp. Read as NTP those lie before 1970, or after 2036 in the next NTP era: the reading nearest
// to the export time is taken.
std::uint64_t ntp_time(std::uint64_t value, std::uint64_t per_second, std::uint64_t export_ns) {
  const std::uint64_t seconds = value >> 32;
  const std::uint64_t rest = fraction(static_cast<std::uint32_t>(value), per_second) * (kNsPerSecond / per_second);
  if (seconds >= kNtpToUnix) return (seconds - kNtpToUnix) * kNsPerSecond + rest;
  const std::array readings = {
      (seconds + (std::uint64_t{1} << 32) - kNtpToUnix) * kNsPerSecond + rest,
      scaled(value, kNsPerSecond / per_second),
      seconds * kNsPerSecond + rest,
  };
  std::uint64_t best = readings[0];
  for (const std::uint64_t reading : readings) {
    if (distance(reading, export_ns) < distance(best, export_ns)) best = reading;
  }
  return best;
}

// `value` is a 32-bit counter that wraps every 49.7 days. A difference that goes past half of it means a flow that the
// exporter stamped just after the header.
std::uint64_t uptime_time(std::uint64_t value, const MessageClock& clock) {
  if (!clock.has_uptime) return clock.boot_ns == 0 ? 0 : clock.boot_ns + value * kNsPerMs;
  const auto age_ms = static_cast<std::int32_t>(clock.uptime_ms - static_cast<std::uint32_t>(value));
  const std::int64_t age_ns = std::int64_t{age_ms} * static_cast<std::int64_t>(kNsPerMs);
  // Before 1970: the exporter's clock is not set.
  if (age_ns > 0 && static_cast<std::uint64_t>(age_ns) > clock.export_ns) return 0;
  return clock.export_ns - static_cast<std::uint64_t>(age_ns);
}

}  // namespace

std::optional<TimeForm> time_form(std::uint16_t element) {
  switch (element) {
    case 21:
    case 22: return TimeForm::kSysUptime;
    case 150:
    case 151: return TimeForm::kSeconds;
    case 152:
    case 153: return TimeForm::kMilliseconds;
    case 154:
    case 155: return TimeForm::kMicroseconds;
    case 156:
    case 157: return TimeForm::kNanoseconds;
    case 158:
    case 159: return TimeForm::kDeltaMicros;
    default: return std::nullopt;
  }
}

std::uint64_t flow_time_ns(TimeForm form, std::uint64_t value, const MessageClock& clock) {
  if (form == TimeForm::kSysUptime) return uptime_time(value & 0xffffffff, clock);
  if (form == TimeForm::kDeltaMicros) {
    const std::uint64_t age = scaled(value, kNsPerUs);
    return age > clock.export_ns ? 0 : clock.export_ns - age;
  }
  if (value == 0) return 0;
  switch (form) {
    case TimeForm::kSeconds: return scaled(value, kNsPerSecond);
    case TimeForm::kMilliseconds: return scaled(value, kNsPerMs);
    case TimeForm::kMicroseconds: return ntp_time(value, 1'000'000, clock.export_ns);
    default: return ntp_time(value, kNsPerSecond, clock.export_ns);
  }
}

}  // namespace weir
