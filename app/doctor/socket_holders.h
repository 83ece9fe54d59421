// Which processes have a socket, by their open files in /proc. Other users' are only root's to see.
//
// Thread rules: a function without shared state.
#pragma once

#include <chrono>
#include <vector>

#include "app/doctor/facts.h"

namespace weir {

// Fills in `pid` and `program` of those that can be seen before `deadline`.
void name_holders(std::vector<BoundSocket>& sockets, std::chrono::steady_clock::time_point deadline);

}  // namespace weir
