// A query kept in a file, as goquery's --stored-query takes it: one JSON object.
//
// Thread rules: functions without shared state.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace weir {

struct StoredQuery {
  std::vector<std::string> options;  // "--limit=5"
  std::string columns;               // empty where the file names none
};

// `path` "-" is standard input. Keys are goquery's, with or without '_', in any case: query, ifaces, condition, first,
// last, in, out, sum, format, sort_by, sort_ascending, num_results, max_mem_pct, dns_resolution {enabled, max_rows,
// timeout}, and the older resolve, resolve_rows, resolve_timeout; others do not matter here. Empty values count as not
// there. Errors name the file.
Result<StoredQuery> read_stored_query(const std::string& path);

}  // namespace weir
