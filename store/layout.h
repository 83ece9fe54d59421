// Where the files of a store lie, and its days.
//
//   LOCK                   held by the writer; its process id
//   MANIFEST               what is live (manifest.h)
//   journal/<number>.wj    rows that are in no segment yet (journal.h)
//   YYYY/MM/DD/<id>.seg    segments, by the UTC day of their rows
//
// A name that ends in .tmp is a file being written.
//
// Thread rules: functions without shared state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/time_range.h"

namespace weir {

inline constexpr std::string_view kLockFile = "LOCK";
inline constexpr std::string_view kManifestFile = "MANIFEST";
inline constexpr std::string_view kJournalFolder = "journal";
inline constexpr std::string_view kJournalSuffix = ".wj";
inline constexpr std::string_view kSegmentSuffix = ".seg";
inline constexpr std::string_view kTemporarySuffix = ".tmp";

inline constexpr std::uint64_t kDayNs = 86'400'000'000'000;

// UTC days since the epoch.
constexpr std::uint64_t day_of(std::uint64_t ns) { return ns / kDayNs; }
constexpr TimeRange day_range(std::uint64_t day) {
  const std::uint64_t first = day * kDayNs;
  return {first, first > UINT64_MAX - (kDayNs - 1) ? UINT64_MAX : first + (kDayNs - 1)};
}

std::string day_folder(std::uint64_t day);                      // "2026/11/21"
std::string segment_file(std::uint64_t day, std::uint64_t id);  // "2026/11/21/12.seg"
std::string journal_file(std::uint64_t number);                 // "journal/7.wj"

// The number of "<number><suffix>", written as above.
std::optional<std::uint64_t> number_in(std::string_view file_name, std::string_view suffix);

// All files, as paths relative to `dir`, sorted; folders that cannot be read are left out. What comes or goes meanwhile
// may be missed.
std::vector<std::filesystem::path> list_files(const std::filesystem::path& dir);

// Numbers of the journal files, ascending.
std::vector<std::uint64_t> list_journals(const std::filesystem::path& dir);

// The id of a segment's file by its place and name ("2026/11/21/12.seg"); nothing for any other.
std::optional<std::uint64_t> segment_id(const std::filesystem::path& relative);

}  // namespace weir
