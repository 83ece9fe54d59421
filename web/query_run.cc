#include "web/query_run.h"

#include <algorithm>

namespace weir {

QueryRun::QueryRun(const QueryRequest& request, const Snapshot& snapshot, RunOptions options) {
  options.stop = &stop_;
  options.progress = [this](double share) { progress_ = share; };
  std::packaged_task<Result<QueryResult>()> task(
      [&request, &snapshot, options] { return run_query(request, snapshot, options); });
  answer_ = task.get_future();
  thread_ = std::thread(std::move(task));
}

QueryRun::~QueryRun() {
  stop_ = true;
  thread_.join();
}

bool QueryRun::wait(std::chrono::milliseconds limit) const {
  return answer_.wait_for(limit) == std::future_status::ready;
}

std::vector<TimeRange> latest_parts(const TimeRange& window, const Snapshot& snapshot) {
  TimeRange stored = TimeRange::none();
  for (const auto& segment : snapshot.segments) stored.add(segment->summary().times);
  const std::uint64_t first = std::max(window.first, stored.first);
  const std::uint64_t last = std::min(window.last, stored.last);
  if (stored.empty() || first >= last) return {};
  std::vector<TimeRange> parts;
  for (const std::uint64_t share : {64U, 16U, 4U}) parts.push_back({last - (last - first) / share, window.last});
  return parts;
}

}  // namespace weir
