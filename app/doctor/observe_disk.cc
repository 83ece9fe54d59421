// Databases, directories and stores.
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "app/doctor/observe.h"
#include "base/clock.h"
#include "enrich/geo_database.h"
#include "sinks/http_options.h"
#include "sinks/sink_spec.h"
#include "store/manifest.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostDatabase = 1 << 30;
constexpr std::size_t kMostMissing = 8;
constexpr std::size_t kMostSegments = 100'000;  // that are looked for
constexpr std::uint64_t kDayNs = 24 * 3600 * kNsPerSecond;
constexpr std::uint64_t kLongEnoughNs = kDayNs / 24;

DatabaseFacts open_database(const fs::path& file) {
  DatabaseFacts facts{file, {}, 0, {}};
  std::error_code error;
  if (const auto size = fs::file_size(file, error); !error && size > kMostDatabase) {
    facts.error = file.string() + " is larger than a gibibyte";
    return facts;
  }
  const auto database = GeoDatabase::open(file);
  if (!database) {
    facts.error = database.error().message;
    return facts;
  }
  facts.type = (*database)->type();
  facts.build_time = (*database)->build_time();
  return facts;
}

fs::path nearest_existing(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

DiskFacts look_at_disk(const fs::path& path, const std::string& purpose) {
  DiskFacts disk;
  disk.path = path;
  disk.purpose = purpose;
  const fs::path there = nearest_existing(path);
  struct statvfs room{};
  if (::statvfs(there.c_str(), &room) != 0) {
    disk.trouble = fail_errno("cannot look at " + there.string(), errno).error().message;
    return disk;
  }
  std::error_code error;
  if (!fs::is_directory(there, error)) disk.trouble = there.string() + " is not a directory";
  disk.free_bytes = std::uint64_t{room.f_bavail} * room.f_frsize;
  disk.size_bytes = std::uint64_t{room.f_blocks} * room.f_frsize;
  disk.free_files = room.f_favail;
  disk.files = room.f_files;
  return disk;
}

bool bounded(const SinkSpec& spec) {
  constexpr std::array<std::string_view, 3> kBounds{"raw-retain", "max-size", "keep"};
  return std::ranges::any_of(
      spec.options, [&](const auto& option) { return std::ranges::find(kBounds, option.first) != kBounds.end(); });
}

// Bytes that an output has written a day, on average since its daemon started; 0 where that is not long ago.
std::uint64_t rate_of(const Facts& facts, const std::string& output) {
  for (const Result<JsonTree>* status : {&facts.collector, &facts.exporter}) {
    if (!*status) continue;
    const std::uint64_t now = (**status)["now_ns"].number(), started = (**status)["started_ns"].number();
    if (now < started + kLongEnoughNs) continue;
    for (const JsonTree& sink : (**status)["sinks"].items()) {
      if (sink["sink"].text() != output) continue;
      return static_cast<std::uint64_t>(static_cast<double>(sink["bytes_out"].number()) /
                                        (static_cast<double>(now - started) / static_cast<double>(kDayNs)));
    }
  }
  return 0;
}

std::uint64_t rate_of(const Manifest& manifest) {
  std::uint64_t bytes = 0, first = UINT64_MAX, last = 0;
  for (const SegmentEntry& segment : manifest.segments) {
    bytes += segment.size;
    first = std::min(first, segment.times.first);
    last = std::max(last, segment.times.last);
  }
  if (last < first || last - first < kLongEnoughNs) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(bytes) /
                                    (static_cast<double>(last - first) / static_cast<double>(kDayNs)));
}

std::vector<std::string> missing_segments(const fs::path& dir, const Manifest& manifest) {
  std::vector<std::string> missing;
  std::size_t looked_for = 0;
  for (const SegmentEntry& segment : manifest.segments) {
    std::error_code error;
    const auto size = fs::file_size(dir / segment.file(), error);
    if (error || size != segment.size) missing.push_back(segment.file());
    if (missing.size() == kMostMissing || ++looked_for == kMostSegments) break;
  }
  return missing;
}

// Segments go when they are merged or retired: those that are not there count only where a second look agrees.
StoreFacts look_at_store(const fs::path& dir, std::uint64_t& bytes_per_day) {
  StoreFacts store;
  store.dir = dir;
  std::error_code unknown;
  store.permitted = !fs::is_directory(dir, unknown) || ::access(dir.c_str(), R_OK | X_OK) == 0;
  if (!store.permitted) return store;
  for (int look = 0; look < 3; ++look) {
    const auto manifest = read_manifest(dir);
    if (!manifest) {
      store.error = manifest.error().message;
      return store;
    }
    store.segments = manifest->segments.size();
    store.missing = missing_segments(dir, *manifest);
    bytes_per_day = rate_of(*manifest);
    if (store.missing.empty()) break;
  }
  return store;
}

class Disks {
 public:
  explicit Disks(Facts& facts) : facts_(facts) {}

  void add_store(const fs::path& dir, bool grows) {
    const bool known = std::ranges::any_of(facts_.stores, [&](const StoreFacts& store) { return store.dir == dir; });
    if (known) return;
    std::uint64_t bytes_per_day = 0;
    facts_.stores.push_back(look_at_store(dir, bytes_per_day));
    add("store", dir, grows ? bytes_per_day : 0);
  }

  // One that a collector makes when it starts is no trouble while it is not there.
  void add_future_store(const fs::path& dir, bool grows) {
    std::error_code error;
    if (fs::exists(dir, error) && !is_untouched(dir)) return add_store(dir, grows);
    add("store", dir);
  }

  void add(const std::string& purpose, const fs::path& path, std::uint64_t bytes_per_day = 0) {
    const bool known = std::ranges::any_of(
        facts_.disks, [&](const DiskFacts& disk) { return disk.path == path && disk.purpose == purpose; });
    if (known) return;
    facts_.disks.push_back(look_at_disk(path, purpose));
    facts_.disks.back().bytes_per_day = bytes_per_day;
  }

  // Of a daemon with another working directory, paths that are not whole say nothing.
  void add_output(const std::string& output, const fs::path& spool_dir) {
    const auto spec = parse_sink_spec(output, {});
    if (!spec) return;
    if (spec->scheme.starts_with("http")) {
      const auto options = parse_http_options(output, spool_dir);
      if (options && options->spool.dir.is_absolute()) add("spool", options->spool.dir);
    } else if (!spec->target.starts_with('/')) {
      return;
    } else if (spec->scheme == "store") {
      add_future_store(spec->target, !bounded(*spec));
    } else if (spec->scheme == "file") {
      add("output file's directory", fs::path(spec->target).parent_path(),
          bounded(*spec) ? 0 : rate_of(facts_, output));
    }
  }

 private:
  Facts& facts_;
};

}  // namespace

void observe_databases(Facts& facts) {
  for (const fs::path& file : facts.intent.databases) facts.databases.push_back(open_database(file));
  for (const Result<JsonTree>* status : {&facts.collector, &facts.exporter}) {
    if (!*status) continue;
    for (const JsonTree& file : (**status)["enrichment"]["files"].items()) {
      if (file["type"].text() == "networks" && file["error"].text().empty()) continue;
      facts.databases.push_back(
          {file["file"].text(), file["type"].text(), file["build_time_seconds"].number(), file["error"].text()});
    }
  }
}

void observe_disks(const std::vector<fs::path>& stores, Facts& facts) {
  Disks disks(facts);
  for (const fs::path& dir : stores) disks.add_store(dir, false);
  const fs::path& state = facts.intent.state_dir;
  for (const std::string& output : facts.intent.outputs) {
    disks.add_output(output, state.empty() ? fs::path() : state / "spool");
  }
  std::error_code error;
  if (!state.empty() && fs::exists(state, error)) disks.add("state directory", state);
}

}  // namespace weir
