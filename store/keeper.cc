#include "store/keeper.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/unique_fd.h"
#include "store/rollup.h"
#include "store/segment_writer.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

// Flows come up to an hour late, and lie in the journal for a while.
constexpr std::uint64_t kDayCloses = 70 * 60 * kNsPerSecond;
// While rows of a past day still come, as in an import, what they make is not merged to the last.
constexpr auto kQuietAfter = std::chrono::seconds(60);
constexpr std::size_t kRollupMemory = std::size_t{512} << 20;
// A roll-up has far fewer segments than this.
constexpr std::uint64_t kRollupIds = 1 << 20;

std::uint64_t first_open_day() {
  const std::uint64_t now = wall_time_ns();
  return day_of(now - std::min(now, kDayCloses));
}

// Days before this ended longer than `age` ago.
std::uint64_t first_day_within(std::chrono::seconds age) {
  const std::uint64_t now = wall_time_ns();
  const std::uint64_t seconds = static_cast<std::uint64_t>(std::max(age.count(), std::int64_t{0}));
  return seconds > now / kNsPerSecond ? 0 : day_of(now - seconds * kNsPerSecond);
}

// What is wrong with a segment, empty for a sound one. Errors: it cannot be looked at now.
Result<std::string> damage_of(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno != ENOENT) return fail_errno("cannot open " + path.string(), errno);
  const auto segment = Segment::open(path);
  const auto sound = segment ? (*segment)->verify() : std::unexpected(segment.error());
  return sound ? std::string() : sound.error().message;
}

}  // namespace

Keeper::Keeper(const StoreOptions& options, Catalog& catalog, std::function<std::uint64_t()> other_size,
               const std::atomic<bool>& stop)
    : options_(options), catalog_(catalog), other_size_(std::move(other_size)), stop_(stop) {}

void Keeper::note_added(const std::vector<std::uint64_t>& days) {
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t day : days) added_[day] = Clock::now();
  std::erase_if(added_, [](const auto& entry) { return Clock::now() - entry.second > kQuietAfter; });
}

RetentionPolicy Keeper::retention_policy() const {
  RetentionPolicy policy;
  if (options_.raw_retain) policy.raw_from_day = first_day_within(*options_.raw_retain);
  if (options_.rollup_retain) policy.all_from_day = first_day_within(*options_.rollup_retain);
  policy.roll_up = options_.rollup_retain.has_value();
  policy.max_size = options_.max_size;
  policy.other_size = other_size_();
  policy.first_open_day = first_open_day();
  return policy;
}

MergePolicy Keeper::merge_policy(bool everything) const {
  MergePolicy policy;
  policy.merged_rows = options_.merged_rows;
  policy.first_open_day = everything ? UINT64_MAX : first_open_day();
  policy.keep = damaged_;
  if (everything) return policy;
  const std::lock_guard lock(mutex_);
  for (const auto& [day, when] : added_) {
    if (Clock::now() - when <= kQuietAfter) policy.busy_days.insert(day);
  }
  return policy;
}

Result<void> Keeper::work(bool everything) {
  Result<bool> retained = true;
  while (!stop_ && retained && *retained) retained = retain();
  Result<bool> merged = options_.compact || everything;
  while (!stop_ && merged && *merged) merged = merge(everything);
  for (const Result<bool>* done : {&retained, &merged}) {
    if (!*done) return std::unexpected(done->error());
  }
  return {};
}

Result<bool> Keeper::retain() {
  const auto manifest = catalog_.manifest();
  const RetentionStep step = plan_retention(manifest->segments, retention_policy());
  if (step.kind == RetentionStep::Kind::kNothing) return false;
  if (step.kind == RetentionStep::Kind::kRollUp) return roll_up(step.segments);
  if (auto removed = replace(step.segments, {}); !removed) return std::unexpected(removed.error());
  return true;
}

Result<bool> Keeper::merge(bool everything) {
  const auto manifest = catalog_.manifest();
  const Entries entries = plan_merge(manifest->segments, merge_policy(everything));
  if (entries.empty()) return false;
  SegmentOptions options;
  options.id = catalog_.take_ids();
  options.tier = entries.front().tier;
  options.effort = Effort::kSmall;
  const auto inputs = open_sound(entries);
  for (const SegmentEntry& entry : entries) options.replaces.push_back(entry.id);
  for (const auto& input : inputs ? *inputs : Segments()) {
    options.journal_last = std::max(options.journal_last, input->summary().journal_last);
  }
  const auto image = inputs ? merge_segments(*inputs, options) : std::unexpected(inputs.error());
  if (!image) return look_for_damage(entries, image.error());
  if (auto replaced = replace(entries, {*image}); !replaced) return std::unexpected(replaced.error());
  return true;
}

// All but those that are known as damaged.
Result<Keeper::Segments> Keeper::open_sound(const Entries& entries) const {
  Segments segments;
  for (const SegmentEntry& entry : entries) {
    if (damaged_.contains(entry.id)) continue;
    auto segment = Segment::open(options_.dir / entry.file());
    if (!segment) return std::unexpected(segment.error());
    segments.push_back(*std::move(segment));
  }
  return segments;
}

// After an error that a damaged segment may have caused. True: there is one that was not known; it stays as it is, and
// the next attempt does without it.
Result<bool> Keeper::look_for_damage(const Entries& entries, const Error& error) {
  bool found = false;
  for (const SegmentEntry& entry : entries) {
    const auto problem = damage_of(options_.dir / entry.file());
    if (!problem) return std::unexpected(problem.error());
    if (problem->empty() || !damaged_.insert(entry.id).second) continue;
    options_.warn("a segment is damaged: " + *problem);
    found = true;
  }
  if (!found) return std::unexpected(error);
  return true;
}

// Replaces segments by those of `images`, in one step.
Result<void> Keeper::replace(const Entries& entries, const std::vector<std::string>& images) {
  Catalog::Change change;
  for (const SegmentEntry& entry : entries) change.remove.push_back(entry.id);
  for (const std::string& image : images) {
    auto written = catalog_.write_segment(image);
    if (!written) {
      catalog_.discard(change.add);
      return std::unexpected(written.error());
    }
    change.add.push_back(*std::move(written));
  }
  if (auto committed = catalog_.commit(std::move(change)); !committed) return committed;
  return catalog_.settle();
}

Result<bool> Keeper::roll_up(const Entries& entries) {
  const auto inputs = open_sound(entries);
  if (!inputs) return look_for_damage(entries, inputs.error());
  MemoryBudget budget(kRollupMemory);
  std::uint64_t id = catalog_.take_ids(kRollupIds);
  const auto images = make_rollup(*inputs, id, budget);
  if (!images) return look_for_damage(entries, images.error());
  if (inputs->size() != entries.size())
    options_.warn(std::to_string(entries.size() - inputs->size()) + " damaged segments of " +
                  day_folder(entries.front().day()) + " could not be rolled up and go");
  if (auto replaced = replace(entries, *images); !replaced) return std::unexpected(replaced.error());
  return true;
}

}  // namespace weir
