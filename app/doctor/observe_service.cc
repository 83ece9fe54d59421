// What systemd and the firewall tell.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <vector>

#include "app/doctor/observe.h"
#include "app/doctor/run_program.h"

namespace weir {
namespace {

constexpr std::chrono::milliseconds kLimit{1500};

// "Name=value" lines, units separated by empty ones.
std::vector<UnitFacts> parse_units(std::string_view text) {
  std::vector<UnitFacts> units;
  UnitFacts unit;
  bool loaded = false, enabled = false;
  const auto finish = [&] {
    const bool matters = unit.state != "inactive" || enabled;
    if (loaded && !unit.name.empty() && matters) units.push_back(unit);
    unit = {};
    loaded = enabled = false;
  };
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view key = line.substr(0, line.find('='));
    const std::string_view value = line.substr(std::min(key.size() + 1, line.size()));
    if (line.empty()) finish();
    if (key == "Id") unit.name = value;
    if (key == "LoadState") loaded = value == "loaded";
    if (key == "UnitFileState") enabled = value.starts_with("enabled");
    if (key == "ActiveState") unit.state = value;
    if (key == "Result") unit.result = value;
    if (key == "NRestarts") std::from_chars(value.data(), value.data() + value.size(), unit.restarts);
  }
  finish();
  return units;
}

Result<std::vector<UnitFacts>> read_units() {
  std::error_code error;
  if (!std::filesystem::exists("/run/systemd/system", error)) return fail("systemd does not run here");
  const auto text =
      run_program({"systemctl", "show", "--property=Id,LoadState,UnitFileState,ActiveState,Result,NRestarts",
                   "weir-collector.service", "weir-exporter@*.service"},
                  kLimit);
  if (!text) return fail("systemd does not answer: " + text.error().message);
  return parse_units(*text);
}

Result<std::string> read_firewall() {
  if (::geteuid() != 0) return fail("only root may see the firewall's rules");
  if (auto rules = run_program({"nft", "list", "ruleset"}, kLimit)) return rules;
  if (auto rules = run_program({"iptables", "-S", "INPUT"}, kLimit)) return rules;
  return fail("neither nft nor iptables shows its rules");
}

}  // namespace

void observe_service(Facts& facts) {
  facts.units = read_units();
  facts.firewall = read_firewall();
}

}  // namespace weir
