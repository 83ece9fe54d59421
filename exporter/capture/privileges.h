// Giving up root's rights once the sockets are open.
#pragma once

#include <string>

#include "base/error.h"

namespace weir {

// When the process is root: becomes `user` (its primary group, no other groups; an empty name: stays root by name, but
// without capabilities). Whoever it is: keeps no capability and can gain none, also not by what it executes. The user
// changes for all threads; the capabilities only of this thread and of those that it starts later, so that it must be
// called before other threads exist, but for those that dropped theirs themselves. An unknown user is an error.
Result<void> drop_privileges(const std::string& user);

// For a thread that exists before drop_privileges() is called: gives up the calling thread's capabilities. As root it
// keeps those to change the user and group, which must succeed in all threads alike and take these two away as well.
Result<void> drop_thread_capabilities();

}  // namespace weir
