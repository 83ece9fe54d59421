#include "store/recovery.h"

#include <algorithm>
#include <set>

#include "store/layout.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// Numbers beyond are no weir's.
constexpr std::uint64_t kMostJournals = std::uint64_t{1} << 62;

Result<FileLock> lock_store(const fs::path& dir) {
  const fs::path path = dir / kLockFile;
  auto lock = FileLock::try_lock(path);
  if (!lock) return std::unexpected(lock.error());
  if (*lock) return std::move(**lock);
  const std::string holder = FileLock::holder(path);
  return fail("the store " + dir.string() + " is being written by another process" +
              (holder.empty() ? "" : " (process " + holder + ")") + "; a store has one writer at a time");
}

Result<void> begin_store(FileLayer& files, const fs::path& dir) {
  if (auto written = write_manifest(files, dir, Manifest{}); !written) return written;
  return files.sync_directory(dir);
}

Result<void> make_store_folders(FileLayer& files, const fs::path& dir) {
  std::error_code ignored;
  const bool is_new = !fs::exists(dir, ignored);
  if (auto made = files.make_directories(dir / kJournalFolder); !made) return made;
  if (!is_new) return files.sync_directory(dir);
  const fs::path above = fs::absolute(dir, ignored).parent_path();
  if (auto synced = files.sync_directory(dir); !synced) return synced;
  return files.sync_directory(above);
}

// Whether nobody needs the file, given what is live.
bool is_leftover(const fs::path& file, const Manifest& manifest, const std::set<std::string>& live) {
  const std::string name = file.filename().string();
  if (file.parent_path() == kJournalFolder) {
    const auto number = number_in(name, kJournalSuffix);
    return number && *number < manifest.journal_first;
  }
  if (name == std::string(kManifestFile).append(kTemporarySuffix)) return !file.has_parent_path();
  fs::path segment = file;
  if (name.ends_with(kTemporarySuffix)) segment.replace_extension();
  return segment_id(segment) && !live.contains(file.generic_string());
}

Result<void> clean_up(FileLayer& files, const fs::path& dir, const Manifest& manifest) {
  std::set<std::string> live;
  for (const SegmentEntry& entry : manifest.segments) live.insert(entry.file());
  for (const fs::path& file : list_files(dir)) {
    if (!is_leftover(file, manifest, live)) continue;
    if (auto removed = files.remove(dir / file); !removed) return removed;
  }
  return {};
}

}  // namespace

Result<TakenOver> take_over(const fs::path& dir, FileLayer& files) {
  std::error_code ignored;
  if (fs::exists(dir, ignored) && !fs::is_directory(dir, ignored)) return fail(dir.string() + " is no directory");
  if (!has_manifest(dir) && fs::exists(dir, ignored) && !is_untouched(dir) && !fs::exists(dir / kLockFile, ignored))
    return fail(dir.string() + " is not a store and not empty: name a new or empty directory");
  if (auto made = make_store_folders(files, dir); !made) return std::unexpected(made.error());
  auto lock = lock_store(dir);
  if (!lock) return std::unexpected(lock.error());
  if (!has_manifest(dir) && is_untouched(dir)) {
    if (auto begun = begin_store(files, dir); !begun) return std::unexpected(begun.error());
  }
  auto manifest = read_manifest(dir);
  if (!manifest) return std::unexpected(manifest.error());
  if (auto cleaned = clean_up(files, dir, *manifest); !cleaned) return std::unexpected(cleaned.error());

  TakenOver taken{*std::move(lock), *std::move(manifest), {}, 1};
  taken.next_journal = taken.manifest.journal_first;
  for (const std::uint64_t number : list_journals(dir)) {
    if (number < taken.manifest.journal_first || number > kMostJournals) continue;
    taken.left.push_back({number, number});
    taken.next_journal = number + 1;
  }
  return taken;
}

}  // namespace weir
