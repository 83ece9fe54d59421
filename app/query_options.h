// The options of `weir query`, and what they make beside the query itself.
//
// Thread rules: functions without shared state.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "query/engine.h"
#include "query/query_text.h"
#include "query/reverse_names.h"

namespace weir {

inline constexpr const char* kDefaultStore = "/var/lib/weir/store";

struct QueryOptions {
  QueryText query;
  std::string format = "txt";
  std::string store = kDefaultStore;
  bool resolve = false;
  std::size_t resolve_rows = 25;
  std::string resolve_timeout = "1s";
  std::string timeout;
  std::string memory = "60%";
  std::string stored_query;
  bool explain = false;
  std::string progress = "auto";
  bool examples = false;
};

// Defines them; `options` outlives `command`.
void add_query_options(CLI::App& command, QueryOptions& options);

// Errors are usage errors that name the option.
Result<RunOptions> make_run_options(const QueryOptions& options);
Result<ReverseLookup> make_reverse_lookup(const QueryOptions& options);

}  // namespace weir
