// The configuration, the units of systemd, and the daemons themselves.
#include <string>

#include "app/doctor/checks.h"

namespace weir {
namespace {

void check_unit(const UnitFacts& unit, Diagnoses& findings) {
  const std::string log = "journalctl -u " + unit.name + " -n 50";
  if (unit.state == "failed") {
    findings.problem("the unit " + unit.name + " has failed (" + unit.result + ")",
                     {"see why: " + log, "start it again: systemctl restart " + unit.name});
  } else if (unit.state == "activating") {
    findings.problem("the unit " + unit.name + " does not come up", {"see why: " + log});
  } else if (unit.restarts != 0) {
    findings.warning("systemd has restarted " + unit.name + " " + std::to_string(unit.restarts) + " times",
                     {"see why: " + log});
  } else if (unit.state == "active") {
    findings.ok("the unit " + unit.name + " is active");
  } else {
    findings.note("the unit " + unit.name + " is " + unit.state, {"start it: systemctl enable --now " + unit.name});
  }
}

void check_daemon(const Result<JsonTree>& status, const std::string& name, const Facts& facts, Diagnoses& findings) {
  if (!status) return findings.skipped(status.error().message);
  const std::string& version = (*status)["version"].text();
  if (version == facts.version) return findings.ok("the running " + name + " is weir " + version + ", as this program");
  findings.warning(
      "the running " + name + " is weir " + version + ", but this program is weir " + facts.version,
      {"restart it: systemctl restart " + std::string(name == "collector" ? "weir-collector" : "'weir-exporter@*'") +
       ", or stop and start weir " + (name == "collector" ? "collect" : "export")});
}

}  // namespace

void check_config(const Facts& facts, Diagnoses& findings) {
  if (!facts.config) return findings.skipped("there is no config file; name one with --config FILE");
  const std::string file = facts.config->file.string();
  if (!facts.config->permitted) return findings.skipped(file + " is not this user's to read");
  if (facts.config->error.empty()) return findings.ok(file + " is good");
  findings.problem(facts.config->error,
                   {"correct " + file + "; weir collect --help and weir export --help tell the keys"});
}

void check_service(const Facts& facts, Diagnoses& findings) {
  if (!facts.units) return findings.skipped(facts.units.error().message);
  if (facts.units->empty()) return findings.skipped("systemd knows no unit of weir");
  for (const UnitFacts& unit : *facts.units) check_unit(unit, findings);
}

void check_daemons(const Facts& facts, Diagnoses& findings) {
  if (!facts.collector && !facts.exporter) {
    return findings.note("only the host could be looked at: " + facts.collector.error().message + ", and " +
                         facts.exporter.error().message);
  }
  check_daemon(facts.collector, "collector", facts, findings);
  check_daemon(facts.exporter, "exporter", facts, findings);
  if (!facts.collector) return;
  if (const std::string& error = (*facts.collector)["state_error"].text(); !error.empty()) {
    findings.warning("the collector cannot save its templates: " + error,
                     {"make room or give it the right to write there; until then a restart forgets all templates"});
  }
}

}  // namespace weir
