#include "app/doctor/checks.h"

#include <array>

namespace weir {
namespace {

constexpr std::array<Check, 29> kChecks{{
    {"config", check_config},
    {"service", check_service},
    {"daemons", check_daemons},
    {"port", check_port},
    {"http-port", check_http_port},
    {"firewall", check_firewall},
    {"socket-buffer", check_socket_buffer},
    {"kernel-drops", check_kernel_drops},
    {"udp-errors", check_udp_errors},
    {"softnet", check_softnet},
    {"capability", check_capability},
    {"interface", check_interface},
    {"offloads", check_offloads},
    {"ring-drops", check_ring_drops},
    {"flow-table", check_flow_table},
    {"templates", check_templates},
    {"sequence", check_sequence},
    {"silent", check_silent},
    {"sampling", check_sampling},
    {"malformed", check_malformed},
    {"refused", check_refused},
    {"clock", check_clock},
    {"exporter-clocks", check_exporter_clocks},
    {"geoip", check_geoip},
    {"outputs", check_outputs},
    {"spool", check_spool},
    {"ledger", check_ledger},
    {"disk", check_disk},
    {"store", check_store},
}};

}  // namespace

std::span<const Check> doctor_checks() { return kChecks; }

Diagnoses examine(const Facts& facts) {
  Diagnoses findings;
  for (const Check& check : kChecks) {
    findings.begin(check.name);
    check.run(facts, findings);
  }
  return findings;
}

}  // namespace weir
