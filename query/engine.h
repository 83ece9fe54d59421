// Running a query over a snapshot of a store.
//
// Works through the snapshot block by block on several threads: zone maps and dictionaries rule out what cannot match,
// the condition is evaluated on codes, matching rows are aggregated by key (groups.h).
//
// Thread rules: run_query() may be called from several threads at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>

#include "base/error.h"
#include "query/request.h"
#include "query/result.h"
#include "store/snapshot.h"

namespace weir {

struct RunOptions {
  std::size_t memory = std::size_t{1} << 30;  // for tables; a query that needs more ends with an error
  unsigned threads = 0;                       // 0: one per core
  std::chrono::milliseconds timeout{0};       // 0: none
  const std::atomic<bool>* stop = nullptr;    // set by others: the query ends soon, with an error
  // Called a few times a second from one of the threads with the share of the work that is done, 0 to 1.
  std::function<void(double)> progress;
};

// Errors: no memory left, timed out, stopped. Damaged segments are left out and named in the result's warnings.
Result<QueryResult> run_query(const QueryRequest& request, const Snapshot& snapshot, const RunOptions& options);

}  // namespace weir
