// Names of the addresses in an answer, by reverse DNS.
//
// Thread rules: the function that comes back may be called from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "query/print.h"
#include "query/result.h"

namespace weir {

struct ReverseLookup {
  std::size_t max_rows = 25;                // only the addresses of the first rows are looked up
  std::chrono::milliseconds timeout{1000};  // for all of them together; what has no name by then keeps its address
  // One lookup, which may block; the system's resolver where none is given.
  std::function<std::optional<std::string>(const IpAddress&)> resolve;
};

// Looks the addresses up in parallel, then returns what it found.
AddressNames look_up_names(const QueryResult& result, const ReverseLookup& lookup);

}  // namespace weir
