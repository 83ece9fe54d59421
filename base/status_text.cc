#include "base/status_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "base/clock.h"

namespace weir {

std::string duration_text(std::uint64_t ns) {
  const std::uint64_t seconds = ns / kNsPerSecond;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

std::string mebibytes_text(std::size_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::uint64_t elapsed_ns(std::uint64_t now_ns, std::uint64_t then_ns) {
  return now_ns > then_ns ? now_ns - then_ns : 0;
}

std::size_t resident_memory() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void append_account(std::string& text, std::string_view what, const AccountView& account) {
  constexpr std::size_t kNameWidth = 22;
  const auto out = std::back_inserter(text);
  if (what.size() > kNameWidth) {  // a line of its own keeps the columns in line
    fmt::format_to(out, "  {}\n", what);
    what = {};
  }
  std::uint64_t dropped = 0;
  for (std::size_t i = 0; i < account.reasons; ++i) dropped += account.dropped[i].second;
  fmt::format_to(out, "  {:<22}{:>16} in {:>16} out {:>12} held {:>12} dropped\n", what, account.in, account.out,
                 account.held, dropped);
  for (std::size_t i = 0; i < account.reasons; ++i) {
    const auto& [reason, count] = account.dropped[i];
    if (count != 0) fmt::format_to(out, "    {:<20}{:>67}\n", reason, count);
  }
}

void append_balance(std::string& text, const std::vector<std::string>& imbalances) {
  if (imbalances.empty()) {
    text += "\nThe ledger balances: everything that arrived is delivered, held, or dropped for a reason above.\n";
    return;
  }
  text += "\nTHE LEDGER DOES NOT BALANCE:\n";
  for (const std::string& one : imbalances) text += "  " + one + "\n";
}

void check_equal(std::vector<std::string>& wrong, std::string_view what, std::uint64_t left, std::uint64_t right) {
  if (left != right) wrong.push_back(fmt::format("{}: {} is not {}", what, left, right));
}

void check_balance(std::vector<std::string>& wrong, std::string_view what, const AccountView& account) {
  std::uint64_t sum = account.out + account.held;
  for (std::size_t i = 0; i < account.reasons; ++i) sum += account.dropped[i].second;
  check_equal(wrong, what, account.in, sum);
}

}  // namespace weir
