// Where a running daemon's control socket is, so that `weir status` finds it without being told.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace weir {

// What runs in the background and answers questions; one of each kind for a run directory. The services of the package
// each have their own below /run/weir: /run/weir/collector, /run/weir/exporter-eth0.
struct Daemon {
  std::string_view name;     // "collector"
  std::string_view socket;   // its file in the run directory
  std::string_view command;  // that starts it
};
inline constexpr Daemon kCollectorDaemon{"collector", "collector.sock", "weir collect"};
inline constexpr Daemon kExporterDaemon{"exporter", "exporter.sock", "weir export -i INTERFACE"};

// Where the system's daemons have their sockets.
inline constexpr const char* kSystemRunDir = "/run/weir";

// Where this user's daemons put their sockets: /run/weir where it may be written, else $XDG_RUNTIME_DIR/weir, else
// /tmp/weir-<uid>.
std::filesystem::path default_run_dir();

// The directories that have the daemon's socket, whoever asks: /run/weir and those in it, in the order of their names,
// then this user's.
std::vector<std::filesystem::path> run_dirs_of(const Daemon& daemon);

// The first of them; nothing when there is none.
std::optional<std::filesystem::path> run_dir_of(const Daemon& daemon);

// The same with /run/weir and the user's directory somewhere else.
std::vector<std::filesystem::path> run_dirs_of(const Daemon& daemon, const std::filesystem::path& system,
                                               const std::filesystem::path& user);

// Makes the directory, for this user only where it is made anew. One in /tmp must belong to this user.
Result<void> make_run_dir(const std::filesystem::path& directory);

}  // namespace weir
