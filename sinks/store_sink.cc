#include "sinks/store_sink.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "sinks/batch_queue.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

// Less than a few segments and the journal take would leave nothing to ask about.
constexpr std::uint64_t kLeastStoreSize = 64'000'000;

class StoreSink : public Sink {
 public:
  StoreSink(std::string name, std::unique_ptr<StoreWriter> writer, const SinkContext& context)
      : name_(std::move(name)), writer_(std::move(writer)), queue_(context) {
    thread_ = std::jthread([this] { run(); });
  }

  ~StoreSink() override { close(Clock::now()); }

  void submit(BatchRef batch) override { queue_.submit(std::move(batch)); }

  SinkStatus status() const override {
    const StoreStatus store = writer_->status();
    Account<SinkDrop> stored;
    stored.in = store.flows.in;
    stored.out = store.flows.out;
    stored.held = store.flows.held;
    stored.drop(SinkDrop::kWriteError, store.flows.dropped_total());
    return {name_, joined(queue_.account(), stored), bytes_out_, store.last_error, false};
  }

  void close(Clock::time_point deadline) override {
    if (!queue_.close()) return;
    queue_.wait_finished(deadline);
    queue_.drop_waiting(SinkDrop::kClosing);
    thread_.join();
  }

 private:
  void run() {
    while (const auto waiting = queue_.take()) {
      writer_->append(*waiting->batch);
      bytes_out_ += waiting->batch->bytes_used();
    }
    queue_.finish();
    writer_->close();
  }

  const std::string name_;
  const std::unique_ptr<StoreWriter> writer_;
  BatchQueue queue_;
  std::atomic<std::uint64_t> bytes_out_ = 0;
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
