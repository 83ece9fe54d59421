#include "query/human.h"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <string_view>

#include "base/clock.h"
#include "query/print.h"

namespace weir {
namespace {

// The amount in the largest unit that leaves at least one, two decimals, the unit.
std::string scaled(std::uint64_t n, double step, const std::array<std::string_view, 7>& units) {
  auto amount = static_cast<double>(n);
  std::size_t unit = 0;
  // As it is shown: 999.999 k are 1.00 M.
  while (amount >= step - 0.005 && unit + 1 < units.size()) {
    amount /= step;
    ++unit;
  }
  return fmt::format("{:.2f} {}", amount, units[unit]);
}

}  // namespace

std::string human_count(std::uint64_t n) { return scaled(n, 1000, {"", "k", "M", "G", "T", "P", "E"}); }

std::string human_bytes(std::uint64_t n) { return scaled(n, 1024, {" B", "kB", "MB", "GB", "TB", "PB", "EB"}); }

std::string human_span(std::chrono::seconds span) {
  const auto total = span.count();
  std::string text;
  if (total >= 86'400) text += fmt::format("{}d", total / 86'400);
  const auto rest = total % 86'400;
  if (rest >= 3'600) text += fmt::format("{}h", rest / 3'600);
  if (rest >= 60) text += fmt::format("{}m", rest % 3'600 / 60);
  return text + fmt::format("{}s", rest % 60);
}

std::string human_elapsed(std::chrono::nanoseconds elapsed) {
  using std::chrono::microseconds, std::chrono::milliseconds, std::chrono::seconds;
  if (elapsed < milliseconds(1)) return fmt::format("{}µs", duration_cast<microseconds>(elapsed).count());
  if (elapsed < seconds(1)) return fmt::format("{}ms", duration_cast<milliseconds>(elapsed).count());
  const auto whole = duration_cast<seconds>(elapsed);
  std::string fraction = fmt::format("{:03}", duration_cast<milliseconds>(elapsed - whole).count());
  fraction.erase(fraction.find_last_not_of('0') + 1);
  std::string text = human_span(whole);
  if (!fraction.empty()) text.insert(text.size() - 1, "." + fraction);
  return text;
}

std::string local_time(std::uint64_t ns) {
  if (ns == 0) return "";
  const auto seconds = static_cast<std::time_t>(ns / kNsPerSecond);
  std::tm fields{};
  ::tzset();  // localtime_r() need not
  ::localtime_r(&seconds, &fields);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday,
                     fields.tm_hour, fields.tm_min, fields.tm_sec);
}

std::string utc_time(std::uint64_t ns) {
  const auto seconds = static_cast<std::time_t>(ns / kNsPerSecond);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  const std::uint64_t fraction = ns % kNsPerSecond;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday,
                     fields.tm_hour, fields.tm_min, fields.tm_sec,
                     fraction == 0 ? std::string() : fmt::format(".{:09}", fraction));
}

}  // namespace weir
