#include "enrich/enrichment.h"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "enrich/file_watch.h"

namespace weir {
namespace {

constexpr std::size_t kLargestNetworksFile = 256 << 20;

// A file, and what was last loaded from it: one of the two.
struct Source {
  std::filesystem::path path;
  bool is_networks;
  FileWatch watch;
  std::shared_ptr<const GeoDatabase> database;
  std::shared_ptr<const NetworkTable> networks;
  EnrichmentFile status;

  Source(std::filesystem::path file, bool networks_file)
      : path(std::move(file)), is_networks(networks_file), watch(stamp_of(path)) {
    status.file = path.string();
    status.type = networks_file ? "networks" : "";
  }

  Result<void> load();
};

Result<void> Source::load() {
  const FileStamp stamp = stamp_of(path);
  if (is_networks) {
    // Reading from a pipe would wait for its writer.
    if (std::error_code none; std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none)) {
      return fail(path.string() + ": it is no file");
    }
    const auto content = read_file(path, kLargestNetworksFile);
    if (!content) return std::unexpected(content.error());
    auto table = NetworkTable::parse(*content, path.string());
    if (!table) return std::unexpected(table.error());
    networks = std::make_shared<const NetworkTable>(std::move(*table));
    status.entries = networks->size();
    status.bytes = content->size();
    status.build_time = static_cast<std::uint64_t>(stamp.changed_ns) / kNsPerSecond;
  } else {
    auto opened = GeoDatabase::open(path);
    if (!opened) return std::unexpected(opened.error());
    database = std::move(*opened);
    status.type = database->type();
    status.bytes = database->bytes();
    status.build_time = database->build_time();
  }
  ++status.loads;
  status.loaded_ns = wall_time_ns();
  status.last_error.clear();
  return {};
}

}  // namespace

struct Enrichment::Impl {
  EnrichmentOptions options;
  mutable std::mutex mutex;  // guards what follows
  std::vector<Source> sources;
  std::shared_ptr<const Knowledge> knowledge;
  bool asked = false;
  bool stopping = false;
  std::condition_variable changed;
  std::thread thread;

  void use_sources() {
    std::vector<std::shared_ptr<const GeoDatabase>> databases;
    std::shared_ptr<const NetworkTable> networks;
    for (const Source& source : sources) {
      if (source.is_networks) {
        networks = source.networks;
      } else {
        databases.push_back(source.database);
      }
    }
    knowledge = std::make_shared<const Knowledge>(std::move(databases), std::move(networks));
  }

  void watch(std::atomic<std::uint64_t>& version);
  bool look_at(std::size_t index, bool asked_for);
};

// Loads without the lock, since a large database takes a second. Only this thread changes sources.
bool Enrichment::Impl::look_at(std::size_t index, bool asked_for) {
  Source& source = sources[index];
  const FileStamp stamp = stamp_of(source.path);
  if (asked_for) {
    if (source.watch.knows(stamp) && source.status.last_error.empty()) return false;
    source.watch.take(stamp);
  } else if (!source.watch.changed(stamp)) {
    return false;
  }
  Source fresh = source;
  const Result<void> loaded = fresh.load();
  const std::lock_guard lock(mutex);
  if (!loaded) {
    ++source.status.refused;
    source.status.last_error = loaded.error().message;
    spdlog::error("{}; what was loaded from it before stays in use", loaded.error().message);
    return false;
  }
  source = std::move(fresh);
  spdlog::info("{} is in use now: {}", source.path.string(),
               source.is_networks ? std::to_string(source.status.entries) + " networks" : source.status.type);
  return true;
}

void Enrichment::Impl::watch(std::atomic<std::uint64_t>& version) {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait_for(lock, options.look_every, [this] { return stopping || asked; });
    if (stopping) return;
    const bool asked_for = std::exchange(asked, false);
    lock.unlock();
    bool any = false;
    for (std::size_t i = 0; i < sources.size(); ++i) any |= look_at(i, asked_for);
    lock.lock();
    if (!any) continue;
    use_sources();
    version.fetch_add(1, std::memory_order_release);
  }
}

Enrichment::Enrichment(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread = std::thread([this] { impl_->watch(version_); });
}

Enrichment::~Enrichment() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
}

Result<std::shared_ptr<Enrichment>> Enrichment::open(EnrichmentOptions options) {
  if (options.databases.size() > Knowledge::kMostDatabases) {
    return fail(std::to_string(options.databases.size()) + " databases; there may be " +
                std::to_string(Knowledge::kMostDatabases));
  }
  auto impl = std::make_unique<Impl>();
  for (const std::filesystem::path& path : options.databases) impl->sources.emplace_back(path, false);
  if (!options.networks.empty()) impl->sources.emplace_back(options.networks, true);
  for (Source& source : impl->sources) {
    if (auto loaded = source.load(); !loaded) return std::unexpected(loaded.error());
  }
  impl->options = std::move(options);
  impl->use_sources();
  return std::shared_ptr<Enrichment>(new Enrichment(std::move(impl)));
}

AsnSource Enrichment::asn_source() const { return impl_->options.asn_source; }

std::shared_ptr<const Knowledge> Enrichment::knowledge() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->knowledge;
}

void Enrichment::reload() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->asked = true;
  }
  impl_->changed.notify_all();
}

EnrichmentStatus Enrichment::status() const {
  EnrichmentStatus status;
  status.flows = counters_.flows.load(std::memory_order_relaxed);
  status.lookups = counters_.lookups.load(std::memory_order_relaxed);
  status.places_dropped = counters_.places_dropped.load(std::memory_order_relaxed);
  const std::lock_guard lock(impl_->mutex);
  for (const Source& source : impl_->sources) status.files.push_back(source.status);
  return status;
}

}  // namespace weir
