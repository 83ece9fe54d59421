#include "app/running_daemons.h"

#include <system_error>
#include <utility>

#include "base/file.h"

namespace weir {
namespace {

// Where sockets of that daemon are.
std::vector<std::filesystem::path> directories_of(const Daemon& daemon, const std::string& run_dir) {
  if (run_dir.empty()) return run_dirs_of(daemon);
  std::error_code error;
  if (!std::filesystem::exists(std::filesystem::path(run_dir) / daemon.socket, error)) return {};
  return {run_dir};
}

// Of these directories and those in them, the first that this user may not look into; empty: none.
std::filesystem::path closed_directory(const std::vector<std::filesystem::path>& directories) {
  std::error_code error;
  for (const std::filesystem::path& directory : directories) {
    if (is_closed(directory)) return directory;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
      if (is_closed(entry.path())) return entry.path();
    }
  }
  return {};
}

}  // namespace

std::vector<RunningDaemon> to_ask(const std::string& wanted, const std::string& run_dir) {
  std::vector<RunningDaemon> all;
  for (const Daemon& daemon : {kCollectorDaemon, kExporterDaemon}) {
    if (!wanted.empty() && wanted != daemon.name) continue;
    auto directories = directories_of(daemon, run_dir);
    // Asking says what is wrong.
    if (directories.empty() && !wanted.empty()) {
      directories.push_back(run_dir.empty() ? default_run_dir() : std::filesystem::path(run_dir));
    }
    for (std::filesystem::path& directory : directories) all.push_back({daemon, std::move(directory)});
  }
  return all;
}

std::optional<std::filesystem::path> socket_directory(const Daemon& daemon, const std::string& run_dir) {
  auto directories = directories_of(daemon, run_dir);
  if (directories.empty()) return std::nullopt;
  return std::move(directories.front());
}

Error nobody_runs(const std::string& run_dir) {
  const std::string directory = run_dir.empty() ? default_run_dir().string() : run_dir;
  if (const auto closed = closed_directory({directory, run_dir.empty() ? kSystemRunDir : directory}); !closed.empty()) {
    return {"no permission to look into " + closed.string() +
            " for a running weir; run as root (sudo weir …), or as a member of the directory's group"};
  }
  return {"neither a collector nor an exporter is running here (no socket in " + directory +
          "); start one with weir collect or weir export -i INTERFACE, or name its --run-dir"};
}

}  // namespace weir
