#include "app/running_daemons.h"

#include <optional>

namespace weir {
namespace {

bool is_running(const std::filesystem::path& directory, const Daemon& daemon) {
  std::error_code error;
  return std::filesystem::exists(directory / daemon.socket, error);
}

}  // namespace

std::vector<RunningDaemon> to_ask(const std::string& wanted, const std::string& run_dir) {
  std::vector<RunningDaemon> all;
  for (const Daemon& daemon : {kCollectorDaemon, kExporterDaemon}) {
    const auto found = run_dir.empty() ? run_dir_of(daemon) : std::filesystem::path(run_dir);
    const bool asked = wanted.empty() ? found && is_running(*found, daemon) : wanted == daemon.name;
    if (asked) all.push_back({daemon, found.value_or(default_run_dir())});
  }
  return all;
}

Error nobody_runs(const std::string& run_dir) {
  const std::string directory = run_dir.empty() ? default_run_dir().string() : run_dir;
  return {"neither a collector nor an exporter is running here (no socket in " + directory +
          "); start one with weir collect or weir export -i INTERFACE, or name its --run-dir"};
}

}  // namespace weir
