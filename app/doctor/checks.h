// The checks of weir doctor: pure functions from facts to findings.
//
// Thread rules: functions without shared state.
#pragma once

#include <span>
#include <string_view>

#include "app/doctor/diagnosis.h"
#include "app/doctor/facts.h"

namespace weir {

struct Check {
  std::string_view name;  // as reports and docs/doctor.md call it
  void (*run)(const Facts& facts, Diagnoses& findings);
};

// All, in the order in which they are reported.
std::span<const Check> doctor_checks();

Diagnoses examine(const Facts& facts);

// How the daemons run.
void check_config(const Facts& facts, Diagnoses& findings);
void check_service(const Facts& facts, Diagnoses& findings);
void check_daemons(const Facts& facts, Diagnoses& findings);
// Receiving datagrams.
void check_port(const Facts& facts, Diagnoses& findings);
void check_http_port(const Facts& facts, Diagnoses& findings);
void check_firewall(const Facts& facts, Diagnoses& findings);
void check_socket_buffer(const Facts& facts, Diagnoses& findings);
void check_kernel_drops(const Facts& facts, Diagnoses& findings);
void check_udp_errors(const Facts& facts, Diagnoses& findings);
void check_softnet(const Facts& facts, Diagnoses& findings);
// Capturing packets.
void check_capability(const Facts& facts, Diagnoses& findings);
void check_interface(const Facts& facts, Diagnoses& findings);
void check_offloads(const Facts& facts, Diagnoses& findings);
void check_ring_drops(const Facts& facts, Diagnoses& findings);
void check_flow_table(const Facts& facts, Diagnoses& findings);
// What exporters send.
void check_templates(const Facts& facts, Diagnoses& findings);
void check_sequence(const Facts& facts, Diagnoses& findings);
void check_silent(const Facts& facts, Diagnoses& findings);
void check_sampling(const Facts& facts, Diagnoses& findings);
void check_malformed(const Facts& facts, Diagnoses& findings);
void check_refused(const Facts& facts, Diagnoses& findings);
// Clocks.
void check_clock(const Facts& facts, Diagnoses& findings);
void check_exporter_clocks(const Facts& facts, Diagnoses& findings);
// Where flows go.
void check_geoip(const Facts& facts, Diagnoses& findings);
void check_outputs(const Facts& facts, Diagnoses& findings);
void check_spool(const Facts& facts, Diagnoses& findings);
void check_ledger(const Facts& facts, Diagnoses& findings);
void check_disk(const Facts& facts, Diagnoses& findings);
void check_store(const Facts& facts, Diagnoses& findings);

}  // namespace weir
