#include "store/store_writer.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "store/catalog.h"
#include "store/cut_builder.h"
#include "store/intake.h"
#include "store/keeper.h"
#include "store/recovery.h"

namespace weir {
namespace {

constexpr auto kRetryDelay = std::chrono::seconds(1);
constexpr auto kKeepDelay = std::chrono::seconds(60);
// Merging can wait, receiving cannot.
constexpr int kNice = 10;

std::uint64_t journal_size(const std::filesystem::path& dir) {
  std::uint64_t size = 0;
  for (const std::uint64_t number : list_journals(dir)) {
    std::error_code error;
    const std::uint64_t bytes = std::filesystem::file_size(dir / journal_file(number), error);
    if (!error) size += bytes;
  }
  return size;
}

StoreOptions completed(StoreOptions options) {
  if (!options.files) options.files = FileLayer::real();
  if (!options.warn) options.warn = [](const std::string&) {};
  options.merged_rows = std::clamp<std::size_t>(options.merged_rows, 1, RowBuffer::kMaxRows);
  options.segment_rows = std::clamp<std::size_t>(options.segment_rows, 1, RowBuffer::kMaxRows / 2);
  return options;
}

}  // namespace

std::string_view reason_name(StoreDrop reason) {
  switch (reason) {
    case StoreDrop::kDiskFull: return "disk_full";
    case StoreDrop::kWriteError: return "write_error";
    case StoreDrop::kCount: break;
  }
  return "";
}

struct StoreWriter::Impl {
  Impl(StoreOptions given, TakenOver taken)
      : options(std::move(given)),
        lock(std::move(taken.lock)),
        catalog(options.dir, options.files, std::move(taken.manifest)),
        intake({options.dir, options.files, options.segment_rows, options.segment_age, options.warn},
               std::move(taken.left), taken.next_journal),
        builder(options.dir, catalog, options.warn),
        keeper(options, catalog, [this] { return journal_size(options.dir); }, stopping) {
    threads[0] = std::jthread([this] { intake.run(); });
    threads[1] = std::jthread([this] { build(); });
    threads[2] = std::jthread([this] { keep(); });
  }

  ~Impl() { close(); }

  void build() {
    while (Cut* cut = intake.next_cut()) {
      std::vector<std::uint64_t> days;
      const auto built = builder.build(*cut, days);
      keeper.note_added(days);
      if (built) {
        intake.done();
        wake_keeper();
        continue;
      }
      intake.failed(built.error());
      if (!intake.pause(kRetryDelay)) return;
    }
  }

  void keep() {
    // Of this thread alone, as Linux has it. Without it all works, at the same priority.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
    std::unique_lock guard(keep_mutex);
    while (!stopping) {
      keep_due = false;
      const std::uint64_t request = requested;
      guard.unlock();
      const auto done = keeper.work(request != served);
      guard.lock();
      if (!done && !keep_trouble) options.warn(done.error().message);
      keep_trouble = done ? std::nullopt : std::optional(done.error());
      served = request;
      keep_changed.notify_all();
      keep_changed.wait_for(guard, kKeepDelay, [this] { return stopping || keep_due || requested != served; });
    }
  }

  void wake_keeper() {
    const std::lock_guard guard(keep_mutex);
    keep_due = true;
    keep_changed.notify_all();
  }

  Result<void> compact() {
    intake.flush();
    intake.cut_now();
    if (auto cut = intake.wait_for_cuts(); !cut) return cut;
    std::unique_lock guard(keep_mutex);
    const std::uint64_t request = ++requested;
    keep_changed.notify_all();
    keep_changed.wait(guard, [&] { return served >= request || stopping; });
    if (keep_trouble) return std::unexpected(*keep_trouble);
    return {};
  }

  void close() {
    if (closed) return;
    closed = true;
    intake.flush();
    intake.close();
    {
      const std::lock_guard guard(keep_mutex);
      stopping = true;
      keep_changed.notify_all();
    }
    for (std::jthread& thread : threads) thread.join();
    lock.reset();
  }

  const StoreOptions options;
  std::optional<FileLock> lock;
  std::atomic<bool> stopping = false;
  Catalog catalog;
  Intake intake;
  CutBuilder builder;
  Keeper keeper;

  mutable std::mutex keep_mutex;
  std::condition_variable keep_changed;
  bool keep_due = false;
  std::uint64_t requested = 0, served = 0;  // calls of compact()
  std::optional<Error> keep_trouble;

  bool closed = false;
  std::array<std::jthread, 3> threads;
};

StoreWriter::StoreWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

StoreWriter::~StoreWriter() = default;

Result<std::unique_ptr<StoreWriter>> StoreWriter::open(const StoreOptions& given) {
  StoreOptions options = completed(given);
  auto taken = take_over(options.dir, *options.files);
  if (!taken) return std::unexpected(taken.error());
  return std::unique_ptr<StoreWriter>(new StoreWriter(std::make_unique<Impl>(std::move(options), *std::move(taken))));
}

void StoreWriter::append(const FlowBatch& batch) { impl_->intake.append(batch); }

void StoreWriter::flush() { impl_->intake.flush(); }

Result<void> StoreWriter::compact() { return impl_->compact(); }

void StoreWriter::close() { impl_->close(); }

StoreStatus StoreWriter::status() const {
  const Intake::Status intake = impl_->intake.status();
  StoreStatus status;
  status.flows = intake.flows;
  status.clamped = intake.clamped;
  status.last_error = intake.error;
  const auto manifest = impl_->catalog.manifest();
  status.segments = manifest->segments.size();
  for (const SegmentEntry& entry : manifest->segments) status.bytes_on_disk += entry.size;
  status.bytes_on_disk += journal_size(impl_->options.dir);
  const std::lock_guard guard(impl_->keep_mutex);
  if (status.last_error.empty() && impl_->keep_trouble) status.last_error = impl_->keep_trouble->message;
  return status;
}

}  // namespace weir
