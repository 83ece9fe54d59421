// Giving up root's rights once the sockets are open.
#pragma once

#include <string>

#include "base/error.h"

namespace weir {

// When the process is root: becomes `user` (its primary group, no other groups). Whoever it is: keeps no capability and
// can gain none. Must be called before other threads exist, or for all of them. An unknown user is an error.
Result<void> drop_privileges(const std::string& user);

}  // namespace weir
