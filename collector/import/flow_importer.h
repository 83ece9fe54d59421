// Reads files of flows that weir or other tools wrote as text, and makes batches of them:
//
//   json     JSON Lines, or arrays of such records: weir's and goflow2's (docs/json.md)
//   csv      CSV whose heading names fields: weir's
//   nfdump   `nfdump -o csv`
//   goprobe  `goquery -e csv raw`, and weir query's
//
// Files may be gzip, and of any size; memory is bounded. A line that cannot be read costs itself only.
//
// Thread rules: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "flow/batch.h"

namespace weir {

enum class ImportFormat : std::uint8_t { kJson, kCsv, kNfdump, kGoprobe };
std::optional<ImportFormat> import_format(std::string_view name);

struct ImportOptions {
  std::optional<ImportFormat> format;  // not set: by each file's first line
  // Told of every line that could not be read.
  std::function<void(const std::string& file, std::uint64_t line, const std::string& why)> bad;
  // Told every few thousand lines how much was read of all files so far, in bytes as they lie on disk, and the size of
  // the files opened so far, 0 where one of them has none.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct ImportTotals {
  std::uint64_t lines = 0;  // flows + bad + other; lines without text do not count
  std::uint64_t flows = 0;
  std::uint64_t bad = 0;
  std::uint64_t other = 0;  // headings and summaries
  // Names that have no place in a flow, and how often each was seen (columns: once a file). At most kMaxIgnored, and
  // "others" for the rest.
  std::map<std::string, std::uint64_t, std::less<>> ignored;
  static constexpr std::size_t kMaxIgnored = 100;
};

class FlowDraft;

class FlowImporter {
 public:
  // `writer` outlives this; its origin is set here.
  FlowImporter(const ImportOptions& options, BatchWriter& writer);
  ~FlowImporter();

  // Reads one file; "-" is standard input. Errors: it cannot be read (to its end), or is of no known format.
  Result<void> read(const std::string& path);

  const ImportTotals& totals() const { return totals_; }

 private:
  struct File;

  Result<void> open_parser(File& file);
  Result<void> make_parser(File& file, ImportFormat format, const std::string& heading);
  Result<void> read_records(File& file);
  void take(File& file, std::string_view text, std::uint64_t line);
  void keep(File& file, std::uint64_t line);
  void set_origin();
  void bad(const File& file, std::uint64_t line, const std::string& why);
  void ignore(std::string_view name);
  void tell_progress(const File& file) const;

  ImportOptions options_;
  BatchWriter& writer_;
  std::unique_ptr<FlowDraft> draft_;
  std::optional<Origin> origin_;
  std::string host_;
  std::uint64_t done_before_ = 0;  // bytes of the files before this one
  bool size_known_ = true;
  ImportTotals totals_;
};

}  // namespace weir
