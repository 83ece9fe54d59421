#include "query/watch.h"

#include <fmt/format.h>

namespace weir {
namespace {

constexpr std::chrono::milliseconds kReportEvery{250};

std::string size_text(std::size_t bytes) {
  constexpr std::size_t kMiB = 1 << 20, kGiB = 1 << 30;
  if (bytes >= kGiB) return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / static_cast<double>(kGiB));
  if (bytes >= kMiB) return fmt::format("{} MiB", bytes / kMiB);
  return fmt::format("{} KiB", bytes >> 10);
}

}  // namespace

Watch::Watch(const RunOptions& options, const MemoryBudget& budget) : options_(options), budget_(budget) {}

bool Watch::go_on() {
  if (ended_.load(std::memory_order_relaxed)) return false;
  if (options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed)) {
    end("the query was stopped");
  } else if (options_.timeout.count() > 0 && Clock::now() - begun_ >= options_.timeout) {
    end(fmt::format("the query took longer than {} s: narrow the time or the condition, or allow it more",
                    static_cast<double>(options_.timeout.count()) / 1000));
  }
  return !ended_.load(std::memory_order_relaxed);
}

void Watch::end(std::string why) {
  const std::lock_guard lock(mutex_);
  if (!why_) why_ = std::move(why);
  ended_.store(true, std::memory_order_relaxed);
}

void Watch::end_for_memory() {
  end(fmt::format("the query needs more than {} of memory: narrow the time or the columns, or raise --memory",
                  size_text(budget_.limit())));
}

Result<void> Watch::result() {
  const std::lock_guard lock(mutex_);
  if (why_) return fail(*why_);
  return {};
}

void Watch::report(double share) {
  if (!options_.progress || Clock::now() - reported_ < kReportEvery) return;
  reported_ = Clock::now();
  options_.progress(share);
}

}  // namespace weir
