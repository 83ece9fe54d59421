// A query on a thread of its own, while the caller's looks after the client.
//
// Thread rules: one thread, which started it.
#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "query/engine.h"

namespace weir {

class QueryRun {
 public:
  // Both outlive this. `options.stop` and `options.progress` are this class's own.
  QueryRun(const QueryRequest& request, const Snapshot& snapshot, RunOptions options);
  // Stops it and waits for its end.
  ~QueryRun();
  QueryRun(const QueryRun&) = delete;
  QueryRun& operator=(const QueryRun&) = delete;

  // True when the answer is there; false after `limit`.
  bool wait(std::chrono::milliseconds limit) const;
  double progress() const { return progress_; }
  void stop() { stop_ = true; }
  // Once, after wait() said true.
  Result<QueryResult> take() { return answer_.get(); }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<double> progress_{0};
  std::future<Result<QueryResult>> answer_;
  std::thread thread_;
};

// The latest 1/64, 1/16 and 1/4 of what `snapshot` has in the request's window; none where it is empty.
std::vector<TimeRange> latest_parts(const TimeRange& window, const Snapshot& snapshot);

}  // namespace weir
