// Giving up root's rights once the sockets are open.
#pragma once

#include <string>

#include "base/error.h"

namespace weir {

// When the process is root: becomes `user` (its primary group, no other groups; an empty name: stays root by name, but
// without capabilities). Whoever it is: keeps no capability and can gain none, also not by what it executes. To be
// called before other threads exist: capabilities belong to threads. An unknown user is an error.
Result<void> drop_privileges(const std::string& user);

}  // namespace weir
