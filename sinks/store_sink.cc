#include "sinks/store_sink.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

// Less than a few segments and the journal take would leave nothing to ask about.
constexpr std::uint64_t kLeastStoreSize = 64'000'000;

class StoreSink : public Sink {
 public:
  StoreSink(std::string name, std::unique_ptr<StoreWriter> writer, const SinkContext& context)
      : name_(std::move(name)), writer_(std::move(writer)), context_(context) {
    thread_ = std::jthread([this] { run(); });
  }

  ~StoreSink() override { close(Clock::now()); }

  void submit(BatchRef batch) override {
    const std::uint64_t flows = batch->flows().size();
    std::unique_lock lock(mutex_);
    if (context_.when_full == WhenFull::kWait) room_.wait(lock, [this] { return has_room() || closing_; });
    account_.in += flows;
    if (closing_) return account_.drop(SinkDrop::kClosing, flows);
    if (!has_room()) return account_.drop(SinkDrop::kQueueFull, flows);
    account_.held += flows;
    queue_.push_back(std::move(batch));
    wake_.notify_one();
  }

  // `held` is what waits here and, in the store, for its fsync.
  SinkStatus status() const override {
    const std::lock_guard lock(mutex_);
    const StoreStatus store = writer_->status();
    SinkStatus status{name_, account_, 0, store.last_error, false};
    status.flows.held -= store.flows.in;
    status.flows.held += store.flows.held;
    status.flows.out = store.flows.out;
    status.flows.drop(SinkDrop::kWriteError, store.flows.dropped_total());
    status.bytes_out = bytes_out_;
    return status;
  }

  void close(Clock::time_point deadline) override {
    std::unique_lock lock(mutex_);
    if (std::exchange(closing_, true)) return;
    wake_.notify_one();
    room_.notify_all();
    done_.wait_until(lock, deadline, [this] { return appended_all_; });
    for (const BatchRef& batch : queue_) {
      account_.held -= batch->flows().size();
      account_.drop(SinkDrop::kClosing, batch->flows().size());
    }
    queue_.clear();
    lock.unlock();
    thread_.join();
  }

 private:
  bool has_room() const { return queue_.size() < context_.queue_batches; }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return !queue_.empty() || closing_; });
      if (queue_.empty()) break;
      const BatchRef batch = std::move(queue_.front());
      queue_.pop_front();
      room_.notify_one();
      bytes_out_ += batch->bytes_used();
      lock.unlock();
      writer_->append(*batch);
      lock.lock();
    }
    appended_all_ = true;
    done_.notify_all();
    lock.unlock();
    writer_->close();
  }

  const std::string name_;
  const std::unique_ptr<StoreWriter> writer_;
  const SinkContext context_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;  // for thread_
  std::condition_variable room_;  // for submit()
  std::condition_variable done_;  // for close()
  std::deque<BatchRef> queue_;
  Account<SinkDrop> account_;  // `held`: all that was queued; the store's own account tells what became of it
  std::uint64_t bytes_out_ = 0;
  bool closing_ = false;
  bool appended_all_ = false;
  std::jthread thread_;
};

std::optional<std::chrono::seconds> take_age(SinkOptions& options, std::string_view key) {
  const auto age = options.take_duration(key, std::chrono::milliseconds(0));
  if (age.count() == 0) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(age);
}

}  // namespace

Result<std::unique_ptr<Sink>> open_store_sink(std::string name, const std::string& dir, SinkOptions options,
                                              const SinkContext& context) {
  if (dir.empty()) return fail("no directory is named; write store:DIR");
  StoreOptions store;
  store.dir = dir;
  store.raw_retain = take_age(options, "raw-retain");
  store.rollup_retain = take_age(options, "rollup-retain");
  store.max_size = options.take_size("max-size", 0);
  store.warn = [name](const std::string& message) { spdlog::warn("{}: {}", name, message); };
  if (auto finished = options.finish(); !finished) return std::unexpected(finished.error());
  if (store.rollup_retain && !store.raw_retain && store.max_size == 0)
    return fail("rollup-retain has no effect without raw-retain or max-size: nothing would be rolled up");
  if (store.rollup_retain && store.raw_retain && *store.rollup_retain <= *store.raw_retain)
    return fail("rollup-retain must be longer than raw-retain");
  if (store.max_size != 0 && store.max_size < kLeastStoreSize) return fail("max-size must be 64MB or more");
  auto writer = StoreWriter::open(store);
  if (!writer) return std::unexpected(writer.error());
  return std::make_unique<StoreSink>(std::move(name), *std::move(writer), context);
}

}  // namespace weir
