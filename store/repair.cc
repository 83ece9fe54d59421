#include "store/repair.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/file_lock.h"
#include "store/journal.h"
#include "store/layout.h"
#include "store/manifest.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

struct Found {
  SegmentEntry entry;
  SegmentSummary summary;
};

class Repair {
 public:
  explicit Repair(const fs::path& dir) : dir_(dir) {}

  Result<RepairReport> run() {
    if (auto found = find_segments(); !found) return std::unexpected(found.error());
    const auto numbers = list_journals(dir_);
    journals_.insert(numbers.begin(), numbers.end());
    if (segments_.empty() && journals_.empty()) return fail(dir_.string() + " has neither segments nor a journal");
    choose();
    if (auto removed = remove_superseded_journals(); !removed) return std::unexpected(removed.error());
    if (auto written = write(); !written) return std::unexpected(written.error());
    return std::move(report_);
  }

 private:
  Result<void> find_segments() {
    for (const fs::path& file : list_files(dir_)) {
      const auto id = segment_id(file);
      if (!id) continue;
      const auto segment = Segment::open(dir_ / file);
      if (!segment || (*segment)->summary().id != *id || !add(**segment, file)) {
        if (auto aside = set_aside(file, segment ? "it is in the wrong place" : segment.error().message); !aside)
          return aside;
      }
    }
    return {};
  }

  bool add(const Segment& segment, const fs::path& file) {
    const SegmentSummary& summary = segment.summary();
    const SegmentEntry entry{summary.id, summary.tier, summary.rows, summary.times, segment.size_on_disk()};
    if (entry.file() != file.generic_string() || day_of(entry.times.last) != entry.day()) return false;
    return segments_.emplace(summary.id, Found{entry, summary}).second;
  }

  // Else the next writer would remove it: it is not live.
  Result<void> set_aside(const fs::path& file, const std::string& why) {
    report_.notes.push_back(file.generic_string() + " is set aside as .damaged: " + why);
    return files_->rename(dir_ / file, (dir_ / file).string() + ".damaged");
  }

  // From the newest on: what a live segment replaced is not live, nor is what that replaced.
  void choose() {
    for (auto at = segments_.rbegin(); at != segments_.rend(); ++at) {
      const auto& [id, found] = *at;
      const bool superseded = superseded_.contains(id);
      if (!superseded && sources_are_there(found.summary)) {
        report_.notes.push_back(found.entry.file() + " is not needed: what it was made of is still there");
        continue;
      }
      if (superseded) {
        report_.notes.push_back(found.entry.file() + " is not needed: it became part of another");
      } else {
        manifest_.segments.push_back(found.entry);
        manifest_.add_sides(found.summary);
      }
      supersede(found.summary);
    }
  }

  bool sources_are_there(const SegmentSummary& summary) const {
    if (!summary.replaces.empty())
      return std::ranges::all_of(summary.replaces, [&](std::uint64_t id) { return segments_.contains(id); });
    if (summary.journal_first == 0 || summary.journal_last - summary.journal_first >= journals_.size()) return false;
    for (std::uint64_t n = summary.journal_first; n <= summary.journal_last; ++n) {
      if (!journals_.contains(n)) return false;
    }
    return true;
  }

  void supersede(const SegmentSummary& summary) {
    superseded_.insert(summary.replaces.begin(), summary.replaces.end());
    done_journal_ = std::max(done_journal_, summary.journal_last);
    journals_.erase(journals_.begin(), journals_.upper_bound(done_journal_));  // they go into segments in their order
  }

  // Before the MANIFEST is there: a writer would take their rows in again.
  Result<void> remove_superseded_journals() {
    for (const std::uint64_t number : list_journals(dir_)) {
      if (journals_.contains(number)) continue;
      if (auto removed = files_->remove(dir_ / journal_file(number)); !removed) return removed;
    }
    std::error_code ignored;
    if (!fs::exists(dir_ / kJournalFolder, ignored)) return files_->make_directories(dir_ / kJournalFolder);
    return files_->sync_directory(dir_ / kJournalFolder);
  }

  Result<void> write() {
    manifest_.generation = 1;
    manifest_.next_id = segments_.empty() ? 1 : segments_.rbegin()->first + 1;
    manifest_.journal_first = journals_.empty() ? done_journal_ + 1 : *journals_.begin();
    report_.needed = true;
    report_.segments = manifest_.segments.size();
    report_.journals = journals_.size();
    if (auto written = write_manifest(*files_, dir_, manifest_); !written) return written;
    return files_->sync_directory(dir_);
  }

  const fs::path& dir_;
  const std::shared_ptr<FileLayer> files_ = FileLayer::real();
  std::map<std::uint64_t, Found> segments_;
  std::set<std::uint64_t> journals_;  // those whose rows are in no live segment
  std::set<std::uint64_t> superseded_;
  std::uint64_t done_journal_ = 0;
  Manifest manifest_;
  RepairReport report_;
};

}  // namespace

Result<RepairReport> repair_store(const fs::path& dir) {
  std::error_code ignored;
  if (!fs::is_directory(dir, ignored)) return fail("there is no directory " + dir.string());
  auto lock = FileLock::try_lock(dir / kLockFile);
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) return fail("a writer is at work on " + dir.string() + ": stop it first");
  const auto manifest = read_manifest(dir);
  if (manifest) return RepairReport{};
  if (manifest.error().message.ends_with("use a newer weir")) return std::unexpected(manifest.error());
  return Repair(dir).run();
}

}  // namespace weir
