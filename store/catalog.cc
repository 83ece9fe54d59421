#include "store/catalog.h"

#include <algorithm>

#include "store/segment_source.h"

namespace weir {
namespace fs = std::filesystem;

Catalog::Catalog(fs::path dir, std::shared_ptr<FileLayer> files, Manifest manifest)
    : dir_(std::move(dir)),
      files_(std::move(files)),
      manifest_(std::make_shared<const Manifest>(std::move(manifest))),
      next_id_(manifest_->next_id) {}

std::shared_ptr<const Manifest> Catalog::manifest() const {
  const std::lock_guard lock(mutex_);
  return manifest_;
}

std::uint64_t Catalog::take_ids(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t first = next_id_;
  next_id_ += count;
  return first;
}

// Year, month and day folder, each durable in the one above.
Result<void> Catalog::make_day_folder(const std::string& folder) {
  const std::lock_guard lock(committing_);
  if (folders_.contains(folder)) return {};
  const fs::path day = dir_ / folder;
  if (auto made = files_->make_directories(day); !made) return made;
  const fs::path month = day.parent_path();
  for (const fs::path& above : {month, month.parent_path(), dir_}) {
    if (auto synced = files_->sync_directory(above); !synced) return synced;
  }
  folders_.insert(folder);
  return {};
}

Result<Catalog::NewSegment> Catalog::write_segment(std::string_view image) {
  auto footer = read_footer(SegmentSource::borrowed(image));
  if (!footer) return fail("a new segment: " + footer.error().message);
  NewSegment made{{}, std::move(footer->summary)};
  const SegmentSummary& summary = made.summary;
  made.entry = {summary.id, summary.tier, summary.rows, summary.times, image.size()};
  if (day_of(summary.times.first) != day_of(summary.times.last)) return fail("a new segment spans two days");
  const std::string name = made.entry.file();
  const fs::path path = dir_ / name;
  const fs::path temporary = path.string().append(kTemporarySuffix);
  const auto write = [&]() -> Result<void> {
    auto file = files_->create(temporary);
    if (!file) return std::unexpected(file.error());
    if (auto written = (*file)->append(as_bytes(image)); !written) return written;
    if (auto synced = (*file)->sync(); !synced) return synced;
    if (auto renamed = files_->rename(temporary, path); !renamed) return renamed;
    return files_->sync_directory(path.parent_path());
  };
  auto written = make_day_folder(day_folder(made.entry.day()));
  if (written) written = write();
  if (written) return made;
  (void)files_->remove(temporary);
  (void)files_->remove(path);
  return std::unexpected(written.error());
}

void Catalog::discard(const std::vector<NewSegment>& segments) {
  for (const NewSegment& made : segments) (void)files_->remove(dir_ / made.entry.file());
}

Result<void> Catalog::commit(Change change) {
  const std::lock_guard committing(committing_);
  Manifest next = *manifest();
  std::vector<fs::path> retired;
  std::erase_if(next.segments, [&](const SegmentEntry& entry) {
    if (std::ranges::find(change.remove, entry.id) == change.remove.end()) return false;
    retired.push_back(dir_ / entry.file());
    return true;
  });
  for (const NewSegment& made : change.add) {
    next.segments.push_back(made.entry);
    next.add_sides(made.summary);
  }
  if (change.journal_first) {
    next.journal_first = *change.journal_first;
    for (const std::uint64_t number : list_journals(dir_)) {
      if (number < next.journal_first) retired.push_back(dir_ / journal_file(number));
    }
  }
  ++next.generation;
  next.next_id = take_ids(0);
  if (auto written = write_manifest(*files_, dir_, next); !written) {
    discard(change.add);
    return written;
  }
  retired_.insert(retired_.end(), retired.begin(), retired.end());
  const std::lock_guard lock(mutex_);
  manifest_ = std::make_shared<const Manifest>(std::move(next));
  return {};
}

// No file goes before the MANIFEST that does without it is durable: after a loss of power the one before may be back.
Result<void> Catalog::settle() {
  const std::lock_guard committing(committing_);
  if (auto synced = files_->sync_directory(dir_); !synced) return synced;
  std::erase_if(retired_, [&](const fs::path& path) { return files_->remove(path).has_value(); });
  return {};
}

}  // namespace weir
