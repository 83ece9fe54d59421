// Looking at the host: the facts that the checks judge. Everything is read within bounds, and all of it takes a few
// seconds at most.
//
// Thread rules: functions without shared state.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/doctor/facts.h"

namespace weir {

// What the config file says of weir collect and weir export.
struct ConfigValues {
  bool collects = false;  // it has a section [collect]
  std::vector<std::string> listen, outputs, interfaces;
  std::vector<std::filesystem::path> databases;
  std::string http, receive_buffer, state_dir;  // empty: not said
};

// What is to be looked at.
struct DoctorRequest {
  std::string version;
  std::filesystem::path run_dir;  // empty: where the daemons of this user or the system are found
  std::vector<std::string> listen, interfaces;
  std::vector<std::filesystem::path> stores, databases;
  std::filesystem::path state_dir;  // where weir collect keeps its state unless it is told otherwise
  std::string http;                 // its address likewise
  std::optional<ConfigFacts> config;
  ConfigValues config_values;
};

Facts observe(const DoctorRequest& request);

// The parts of it.
Intent intent_of(const DoctorRequest& request, const Facts& facts);
void observe_kernel(Facts& facts);
void observe_ports(Facts& facts);
void observe_interfaces(Facts& facts);
void observe_service(Facts& facts);
void observe_databases(Facts& facts);
void observe_disks(const std::vector<std::filesystem::path>& stores, Facts& facts);

}  // namespace weir
