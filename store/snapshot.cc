#include "store/snapshot.h"

#include <algorithm>

#include "store/journal.h"
#include "store/layout.h"
#include "store/manifest.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// How often a writer may change the store under a reader's hands, before the reader says that something is wrong.
constexpr int kAttempts = 100;

class Opening {
 public:
  Opening(const fs::path& dir, const TimeRange& times) : dir_(dir), times_(times) {}

  // Nothing: the writer has changed the store meanwhile.
  Result<std::optional<Snapshot>> attempt(const Manifest& manifest) {
    const auto unchanged = open_journals(manifest.journal_first);
    if (!unchanged) return std::unexpected(unchanged.error());
    if (!*unchanged) return std::nullopt;
    for (const SegmentEntry& entry : manifest.segments) {
      if (!times_.overlaps(entry.times)) {
        ++result_.pruned;
      } else if (auto there = open_segment(entry, manifest.generation); !there) {
        return std::unexpected(there.error());
      } else if (!*there) {
        return std::nullopt;
      }
    }
    sides_ = manifest;
    const auto begin = [](const auto& segment) { return segment->summary().times.first; };
    std::ranges::stable_sort(result_.segments, {}, begin);
    for (const JournalFile& file : journals_) read_journal(file);
    std::ranges::stable_sort(frames_, {}, begin);
    std::ranges::move(frames_, std::back_inserter(result_.segments));
    for (const ExporterSides& sides : sides_.exporters) {
      if (sides.ingress && sides.egress) result_.both_sides.push_back(sides.exporter);
    }
    return std::move(result_);
  }

 private:
  // All journals there are are opened before one is read: the next one's being there means that one is complete. They
  // are all of them unless the writer has, by now, made a segment of one that was not seen.
  Result<bool> open_journals(std::uint64_t first) {
    for (std::uint64_t number = first;; ++number) {
      auto file = JournalFile::open(dir_, number);
      if (!file) return std::unexpected(file.error());
      if (*file) {
        journals_.push_back(**std::move(file));
        continue;
      }
      const auto now = read_manifest(dir_);
      if (!now) return std::unexpected(now.error());
      return now->journal_first <= number;
    }
  }

  Result<bool> open_segment(const SegmentEntry& entry, std::uint64_t generation) {
    const fs::path path = dir_ / entry.file();
    auto segment = Segment::open(path);
    if (segment && (*segment)->summary().id == entry.id) {
      result_.segments.push_back(*std::move(segment));
      return true;
    }
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
      const auto now = read_manifest(dir_);
      if (!now) return std::unexpected(now.error());
      if (now->generation != generation) return false;
    }
    result_.damage.push_back(segment ? path.string() + ": it is another segment" : segment.error().message);
    return true;
  }

  void read_journal(const JournalFile& file) {
    auto content = file.read();
    if (!content) return result_.damage.push_back(content.error().message);
    for (const std::string& problem : content->damage) result_.damage.push_back(file.name() + ": " + problem);
    for (JournalFrame& frame : content->frames) {
      const std::string name = file.name() + ", frame at byte " + std::to_string(frame.offset);
      auto segment = Segment::from_image(std::move(frame.image), name);
      if (!segment) {
        result_.damage.push_back(segment.error().message);
        continue;
      }
      const SegmentSummary& summary = (*segment)->summary();
      sides_.add_sides(summary);
      if (times_.overlaps(summary.times)) {
        frames_.push_back(*std::move(segment));
      } else {
        ++result_.pruned;
      }
    }
  }

  const fs::path& dir_;
  const TimeRange times_;
  Snapshot result_;
  Manifest sides_;
  std::vector<JournalFile> journals_;
  std::vector<std::shared_ptr<const Segment>> frames_;
};

}  // namespace

Result<Snapshot> open_snapshot(const fs::path& dir, const TimeRange& times) {
  for (int i = 0; i < kAttempts; ++i) {
    const auto manifest = read_manifest(dir);
    if (!manifest) return std::unexpected(manifest.error());
    auto snapshot = Opening(dir, times).attempt(*manifest);
    if (!snapshot) return std::unexpected(snapshot.error());
    if (*snapshot) return **std::move(snapshot);
  }
  return fail(dir.string() + " changes faster than it can be read; try again");
}

}  // namespace weir
