// weir doctor: what usually goes wrong, looked for, and what to do about it.
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/checks.h"
#include "app/cli.h"
#include "app/config_reading.h"
#include "app/doctor/checks.h"
#include "app/doctor/observe.h"
#include "app/doctor/report.h"
#include "app/outputs.h"
#include "app/terminal.h"
#include "app/version.h"
#include "web/http_server.h"

namespace weir {
namespace {

constexpr const char* kSystemConfig = "/etc/weir/weir.toml";

struct DoctorFlags {
  std::string config;
  std::string run_dir;
  std::vector<std::string> listen, interfaces, stores, databases;
  bool json = false;
  bool verbose = false;
};

DoctorRequest request_of(const DoctorFlags& flags) {
  DoctorRequest request;
  request.version = kVersion;
  request.run_dir = flags.run_dir;
  request.listen = flags.listen;
  request.interfaces = flags.interfaces;
  request.stores.assign(flags.stores.begin(), flags.stores.end());
  request.databases.assign(flags.databases.begin(), flags.databases.end());
  request.state_dir = default_state_dir();
  request.http = kDefaultHttpAddress;
  std::error_code error;
  const std::filesystem::path config = flags.config.empty() ? kSystemConfig : flags.config;
  if (::access(config.c_str(), F_OK) == 0 && ::access(config.c_str(), R_OK) != 0) {
    request.config = ConfigFacts{config, {}, false};
  } else if (!flags.config.empty() || std::filesystem::exists(config, error)) {
    ConfigReading reading = read_config(config);
    request.config = ConfigFacts{config, std::move(reading.error), true};
    request.config_values = std::move(reading.values);
  }
  return request;
}

int diagnose(const DoctorFlags& flags) {
  const Diagnoses findings = examine(observe(request_of(flags)));
  const std::string text =
      flags.json ? report_json(findings, kVersion) : report_text(findings, {output_style().colour, flags.verbose});
  if (!print_output(text)) return kExitTrouble;
  return findings.count(Severity::kProblem) == 0 ? kExitDone : kExitTrouble;
}

}  // namespace

void add_doctor_command(CLI::App& root, int& exit_code) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* command = root.add_subcommand("doctor", "Look for what usually goes wrong, and say what to do about it");
  command->footer(
      "Looks at this host and at the collector and exporter that run on it; changes nothing. What this user may not\n"
      "see is skipped, so that root sees most. docs/doctor.md has every check and its remedies.\n"
      "\n"
      "Examples:\n"
      "  weir doctor                                    problems and warnings\n"
      "  sudo weir doctor --verbose                     every check, with what is well and what cannot be seen\n"
      "  weir doctor --listen udp://[::]:9995           before a collector is started there\n"
      "  weir doctor -i eth1                            before eth1 is captured\n"
      "  weir doctor -d /var/lib/weir/store             the store's disk and its files\n"
      "  weir doctor --json | jq '.findings[] | select(.result == \"problem\")'\n"
      "\n"
      "Exit codes: 0 no problem (there may be warnings), 1 a problem, 2 bad usage.");
  command
      ->add_option("--config", flags->config, "The daemons' config file. Default: /etc/weir/weir.toml if it is there")
      ->type_name("FILE")
      ->check(not_empty());
  command->add_option("-i,--interface", flags->interfaces, "An interface that is to be captured (repeatable)")
      ->type_name("INTERFACE")
      ->check(not_empty());
  command->add_option("-d,--dir", flags->stores, "A store (repeatable), besides those of the running daemons")
      ->type_name("DIR")
      ->check(not_empty());
  command
      ->add_option("--listen", flags->listen,
                   "Where a collector is to listen (repeatable). Default: where the running one does,\n"
                   "else what the config file says, else udp://[::]:2055")
      ->type_name("URL")
      ->check(not_empty());
  command->add_option("--geoip", flags->databases, "A GeoIP database (repeatable), besides those in use")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option("--run-dir", flags->run_dir,
                   "Directory of the control sockets; default: the one that weir collect and weir export use")
      ->type_name("DIR")
      ->check(not_empty());
  command->add_flag("--json", flags->json, "Print one JSON object");
  command->add_flag("--verbose", flags->verbose, "Also what is well, notes, and what could not be seen");
  command->callback([flags, &exit_code] { exit_code = diagnose(*flags); });
}

}  // namespace weir
