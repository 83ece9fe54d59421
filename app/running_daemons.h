// The daemons of this machine that commands ask.
//
// Thread rules: functions without shared state.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/run_dir.h"

namespace weir {

struct RunningDaemon {
  Daemon daemon;
  std::filesystem::path directory;  // where its socket is
};

// Whom to ask, collector first: the one asked for ("collector", "exporter"), running or not, else those that run. An
// empty `run_dir` stands for the usual ones.
std::vector<RunningDaemon> to_ask(const std::string& daemon, const std::string& run_dir);

// Where that daemon's socket is; nothing when it does not run.
std::optional<std::filesystem::path> socket_directory(const Daemon& daemon, const std::string& run_dir);

// What to say when there is none.
Error nobody_runs(const std::string& run_dir);

}  // namespace weir
