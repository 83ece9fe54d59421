// The options of `weir query`, and the query they make.
//
// Thread rules: functions without shared state.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "query/engine.h"
#include "query/request.h"
#include "query/reverse_names.h"

namespace weir {

inline constexpr const char* kDefaultStore = "/var/lib/weir/store";

struct QueryOptions {
  std::string columns;
  std::string interfaces = "any";
  std::string condition;
  std::string first, last;  // empty: the default window
  std::uint64_t limit = 0;  // 0: the default
  std::string format = "txt";
  std::string sort;  // empty: the default
  bool ascending = false;
  bool in = false, out = false, sum = false;
  std::string store = kDefaultStore;
  bool resolve = false;
  std::size_t resolve_rows = 25;
  std::string resolve_timeout = "1s";
  std::string time_resolution = "5m";
  std::string timeout;
  std::string memory = "60%";
  std::string stored_query;
  bool biflow = false;
  std::string sampling = "raw";
  bool explain = false;
  std::string progress = "auto";
  bool examples = false;
};

// Defines them; `options` outlives `command`.
void add_query_options(CLI::App& command, QueryOptions& options);

// Errors are usage errors: they name the option, except for a condition's, which show the place.
Result<QueryRequest> make_request(const QueryOptions& options, std::uint64_t now_ns);
Result<RunOptions> make_run_options(const QueryOptions& options);
Result<ReverseLookup> make_reverse_lookup(const QueryOptions& options);

}  // namespace weir
