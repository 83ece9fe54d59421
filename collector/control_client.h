// The other end of the control socket (control_server.h): what `weir status` does.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"

namespace weir {

// The collector's answer to a command, or why there is none.
Result<std::string> ask_collector(const std::filesystem::path& socket, std::string_view command);

}  // namespace weir
