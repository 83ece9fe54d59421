#include "store/check.h"

#include <algorithm>
#include <set>

#include "store/journal.h"
#include "store/layout.h"
#include "store/manifest.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

class Check {
 public:
  Check(const fs::path& dir, const CheckProgress& progress) : dir_(dir), progress_(progress) {}

  Result<CheckReport> run() {
    auto manifest = read_manifest(dir_);
    if (!manifest) return std::unexpected(manifest.error());
    manifest_ = *std::move(manifest);
    for (const SegmentEntry& entry : manifest_.segments) total_ += entry.size;
    for (const SegmentEntry& entry : manifest_.segments) check_segment(entry);
    for (const std::uint64_t number : list_journals(dir_)) {
      if (number >= manifest_.journal_first) check_journal(number);
    }
    check_names();
    return std::move(report_);
  }

 private:
  void damage(const std::string& file, std::string problem) { report_.damage.push_back({file, std::move(problem)}); }
  void note(const std::string& file, std::string problem) { report_.notes.push_back({file, std::move(problem)}); }

  // A writer may have merged it away or let it go since.
  bool still_live(const SegmentEntry& entry) const {
    const auto now = read_manifest(dir_);
    return now && std::ranges::find(now->segments, entry) != now->segments.end();
  }

  void check_segment(const SegmentEntry& entry) {
    const auto segment = Segment::open(dir_ / entry.file());
    auto sound = segment ? (*segment)->verify() : std::unexpected(segment.error());
    if (sound) sound = compare((*segment)->summary(), entry, (*segment)->size_on_disk());
    if (sound) {
      ++report_.segments;
      report_.rows += entry.rows;
      report_.bytes += entry.size;
    } else if (still_live(entry)) {
      damage(entry.file(), sound.error().message + "; " + std::to_string(entry.rows) + " rows");
    }
    done_ += entry.size;
    if (progress_) progress_(done_, total_);
  }

  static Result<void> compare(const SegmentSummary& summary, const SegmentEntry& entry, std::uint64_t size) {
    if (summary.id == entry.id && summary.tier == entry.tier && summary.rows == entry.rows &&
        summary.times == entry.times && size == entry.size)
      return {};
    return fail("it is not the one that the MANIFEST lists");
  }

  void check_journal(std::uint64_t number) {
    const std::string name = journal_file(number);
    const auto file = JournalFile::open(dir_, number);
    if (file && !*file) return;  // became a segment meanwhile
    auto content = file ? (*file)->read() : std::unexpected(file.error());
    if (!content) return damage(name, content.error().message);
    for (std::string& problem : content->damage) damage(name, std::move(problem));
    if (content->good < content->size)
      note(name, "the last " + std::to_string(content->size - content->good) +
                     " bytes are no whole frame: torn by a crash, or being written");
    for (JournalFrame& frame : content->frames) check_frame(name, frame);
    ++report_.journals;
    report_.bytes += content->good;
  }

  void check_frame(const std::string& name, JournalFrame& frame) {
    const std::string place = "frame at byte " + std::to_string(frame.offset);
    const auto segment = Segment::from_image(std::move(frame.image), place);
    const auto sound = segment ? (*segment)->verify() : std::unexpected(segment.error());
    if (!sound) return damage(name, sound.error().message);
    if ((*segment)->summary().rows != frame.rows)
      return damage(name, place + " has another number of rows than it says");
    report_.rows += frame.rows;
  }

  void check_names() {
    std::set<std::string> live{std::string(kLockFile), std::string(kManifestFile)};
    for (const SegmentEntry& entry : manifest_.segments) live.insert(entry.file());
    for (const fs::path& file : list_files(dir_)) {
      const std::string name = file.generic_string();
      if (live.contains(name)) continue;
      const bool journal = file.parent_path() == kJournalFolder;
      const auto number = number_in(file.filename().string(), kJournalSuffix);
      if (journal && number && *number >= manifest_.journal_first) continue;
      if (segment_id(file) || (journal && number) || name.ends_with(kTemporarySuffix)) {
        note(name, "not live: left by a crash, or a writer is at work; the next start of a writer removes it");
      } else {
        note(name, "not one of the store's files");
      }
    }
  }

  const fs::path& dir_;
  const CheckProgress& progress_;
  Manifest manifest_;
  CheckReport report_;
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace

Result<CheckReport> check_store(const fs::path& dir, const CheckProgress& progress) {
  return Check(dir, progress).run();
}

}  // namespace weir
