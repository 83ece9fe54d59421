#include "query/engine.h"

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

#include "query/parallel.h"
#include "query/plan.h"
#include "query/ranking.h"
#include "query/scan.h"
#include "query/watch.h"

namespace weir {
namespace {

class Query {
 public:
  Query(const QueryRequest& request, const Snapshot& snapshot, const RunOptions& options)
      : request_(request), plan_(request, snapshot), budget_(options.memory), watch_(options, budget_) {
    threads_ = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    for (const auto& segment : snapshot.segments) {
      if (segment->summary().times.overlaps(request.times)) segments_.push_back(segment);
    }
    result_.columns = request.columns;
    result_.times = request.times;
    result_.warnings = snapshot.damage;
    pruned_ = snapshot.pruned + snapshot.segments.size() - segments_.size();
  }

  // Again without the segments that proved to be damaged: none of their rows may be in the answer.
  Result<QueryResult> run() {
    for (;;) {
      Scan scan(plan_, segments_, threads_, budget_, watch_);
      scan.run();
      if (auto ok = watch_.result(); !ok) return std::unexpected(ok.error());
      if (scan.damage().empty()) return finish(scan);
      leave_out(scan.damage());
    }
  }

 private:
  void leave_out(const std::map<std::size_t, std::string>& damage) {
    for (const auto& [position, message] : damage) {
      result_.warnings.push_back(message);
      segments_[position] = nullptr;
    }
    std::erase(segments_, nullptr);
  }

  Result<QueryResult> finish(Scan& scan) {
    std::vector<std::unique_ptr<Ranking>> rankings;
    for (unsigned i = 0; i < scan.threads(); ++i) {
      rankings.push_back(std::make_unique<Ranking>(request_, plan_.layout, scan.values(), budget_));
    }
    rank(scan, rankings);
    Ranking& all = *rankings.front();
    for (std::size_t i = 1; i < rankings.size(); ++i) all.merge(*rankings[i]);
    if (all.failed()) watch_.end_for_memory();
    if (auto ok = watch_.result(); !ok) return std::unexpected(ok.error());
    result_.hits = all.hits();
    result_.totals = all.totals();
    result_.found = scan.found();
    result_.interfaces = scan.interfaces();
    if (!write_rows(all.sorted(), scan.values())) {
      watch_.end_for_memory();
      return std::unexpected(watch_.result().error());
    }
    result_.stats = scan.stats();
    result_.stats.segments_pruned += pruned_;
    result_.stats.groups = groups_;
    result_.stats.memory = budget_.peak();
    return std::move(result_);
  }

  // Looks for the best groups, partition by partition.
  void rank(Scan& scan, const std::vector<std::unique_ptr<Ranking>>& rankings) {
    std::atomic<std::size_t> next{0};
    in_parallel(scan.threads(), [&](unsigned thread) {
      std::vector<std::uint32_t> slots;
      for (std::size_t p; (p = next.fetch_add(1)) < Groups::kPartitions && watch_.go_on();) {
        if (!rank_partition(scan.groups(), p, slots, *rankings[thread])) return watch_.end_for_memory();
      }
    });
  }

  bool rank_partition(Groups& groups, std::size_t partition, std::vector<std::uint32_t>& slots, Ranking& ranking) try {
    groups.fold(partition, slots);
    groups_ += groups.size(partition);
    groups.visit(partition, ranking);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }

  bool write_rows(const std::vector<RankedGroup>& groups, const KeyValues& values) {
    // A guess at the texts' share: most are short.
    constexpr std::size_t kTexts = 16;
    const std::size_t columns = plan_.layout.parts().size();
    const std::size_t size = groups.size() * (sizeof(QueryRow) + columns * (sizeof(QueryValue) + kTexts));
    if (!budget_.take(size)) return false;
    result_.rows.reserve(groups.size());
    for (const RankedGroup& group : groups) {
      QueryRow& row = result_.rows.emplace_back();
      row.counters = group.counters;
      row.values.reserve(columns);
      for (std::size_t i = 0; i < columns; ++i) {
        row.values.push_back(plan_.layout.value(i, group.key, values));
      }
    }
    budget_.give_back(size);
    return true;
  }

  const QueryRequest& request_;
  const Plan plan_;
  MemoryBudget budget_;
  Watch watch_;
  unsigned threads_ = 1;
  Scan::Segments segments_;
  std::size_t pruned_ = 0;
  std::atomic<std::uint64_t> groups_{0};
  QueryResult result_;
};

}  // namespace

Result<QueryResult> run_query(const QueryRequest& request, const Snapshot& snapshot, const RunOptions& options) {
  const auto begun = std::chrono::steady_clock::now();
  auto result = Query(request, snapshot, options).run();
  if (result) result->stats.duration = std::chrono::steady_clock::now() - begun;
  return result;
}

}  // namespace weir
