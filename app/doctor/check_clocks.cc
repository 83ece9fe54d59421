// This host's clock, and the exporters' against it.
#include <cstdint>
#include <string>
#include <vector>

#include "app/doctor/checks.h"
#include "app/doctor/wording.h"
#include "base/clock.h"
#include "base/status_text.h"

namespace weir {
namespace {

// Export times are whole seconds and datagrams take a while; beyond this a clock is wrong.
constexpr std::uint64_t kFarNs = 10 * kNsPerSecond;
// The store takes times that are further off as of their receipt.
constexpr std::uint64_t kHourNs = 3600 * kNsPerSecond;
constexpr std::uint64_t kMaxErrorUs = 1'000'000;

struct WrongClocks {
  std::vector<std::string> far, by_hours;
};

WrongClocks wrong_clocks(const JsonTree& collector) {
  WrongClocks wrong;
  for (const JsonTree& one : collector["exporters"].items()) {
    const std::uint64_t theirs = one["last_export_ns"].number(), ours = one["last_seen_ns"].number();
    if (theirs == 0) continue;
    const bool ahead = theirs > ours;
    const std::uint64_t off = ahead ? theirs - ours : ours - theirs;
    if (off <= kFarNs) continue;
    (off > kHourNs ? wrong.by_hours : wrong.far)
        .push_back(exporter_name(one) + " (" + duration_text(off) + (ahead ? " ahead)" : " behind)"));
  }
  return wrong;
}

}  // namespace

void check_clock(const Facts& facts, Diagnoses& findings) {
  if (!facts.clock) return findings.skipped(facts.clock.error().message);
  if (!facts.clock->synchronised) {
    return findings.warning(
        "this host's clock is not synchronised: times of receipt, and what is told by them, are wrong",
        {"timedatectl set-ntp true (systemd-timesyncd), or: apt-get install chrony"});
  }
  if (facts.clock->max_error_us > kMaxErrorUs) {
    return findings.warning(
        "this host's clock may be " + std::to_string(facts.clock->max_error_us / 1000) + " ms wrong",
        {"see whether its time servers answer: timedatectl timesync-status, or chronyc tracking"});
  }
  findings.ok("this host's clock is synchronised");
}

void check_exporter_clocks(const Facts& facts, Diagnoses& findings) {
  if (!facts.collector) return findings.skipped(facts.collector.error().message);
  const WrongClocks wrong = wrong_clocks(*facts.collector);
  const std::string advice = "set their clocks by NTP (Cisco: ntp server ADDRESS); the time zone does not matter";
  if (!wrong.by_hours.empty()) {
    findings.problem("clocks more than an hour off: " + name_some(wrong.by_hours),
                     {advice, "until then the store takes the time of receipt for the flows' own"});
  }
  if (!wrong.far.empty())
    findings.warning("clocks that do not agree with this host's: " + name_some(wrong.far), {advice});
  if (wrong.by_hours.empty() && wrong.far.empty()) findings.ok("the exporters' clocks agree with this host's");
}

}  // namespace weir
