// The other end of the control socket (control_server.h): what `weir status` does.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/run_dir.h"

namespace weir {

// The answer of the daemon in run directory `directory`, or why there is none. `patience` is for all of it.
Result<std::string> ask_daemon(const std::filesystem::path& directory, const Daemon& daemon, std::string_view command,
                               std::chrono::seconds patience = std::chrono::seconds(10));

}  // namespace weir
