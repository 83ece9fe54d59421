// Giving up root's rights once the sockets are open.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"

namespace weir {

// Becomes `user` (its primary group, no other groups; an empty name: stays who it is), which only root may. Whoever it
// is: keeps no capability and can gain none, also not by what it executes. To be called before other threads exist:
// capabilities belong to threads. An unknown user is an error.
Result<void> drop_privileges(const std::string& user);

// For root, before it becomes `user`, who may not make it: a directory, as the user's own. One that is there stays as
// it is.
Result<void> make_directory_for(const std::string& user, const std::filesystem::path& directory);

}  // namespace weir
