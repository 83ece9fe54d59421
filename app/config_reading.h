// Reading a config file without running what it configures.
//
// Thread rules: a function without shared state.
#pragma once

#include <filesystem>
#include <string>

#include "app/doctor/observe.h"

namespace weir {

struct ConfigReading {
  std::string error;  // what the daemons would say of it; empty: it is good
  ConfigValues values;
};

ConfigReading read_config(const std::filesystem::path& file);

}  // namespace weir
