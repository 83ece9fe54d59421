// Where a running collector's control socket is, so that `weir status` finds it without being told.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"

namespace weir {

inline constexpr std::string_view kCollectorSocket = "collector.sock";

// Where this user's daemons put their sockets: /run/weir where it may be written, else $XDG_RUNTIME_DIR/weir, else
// /tmp/weir-<uid>.
std::filesystem::path default_run_dir();

// The first directory of those that has `socket`, /run/weir first whoever asks; default_run_dir() when none has.
std::filesystem::path run_dir_with(std::string_view socket);

// Makes the directory, for this user only where it is made anew. One in /tmp must belong to this user.
Result<void> make_run_dir(const std::filesystem::path& directory);

}  // namespace weir
