#include "sinks/http_sink.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "sinks/batch_queue.h"
#include "sinks/http_delivery.h"
#include "sinks/outbox.h"
#include "sinks/parcel_maker.h"
#include "sinks/sigpipe.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSyncInterval{1};
constexpr Clock::time_point kNever = Clock::time_point::max();

class HttpSink : public Sink {
 public:
  HttpSink(HttpOptions options, const SinkContext& context)
      : options_(with_context(std::move(options), context)),
        outbox_(options_.outbox),
        dead_letters_(options_.dead_letters, options_.dead_letters_max),
        spare_(options_.in_flight + 1),
        queue_(context) {}

  Result<void> start() {
    if (options_.outbox.mode != SpoolMode::kOff) {
      if (auto opened = outbox_.open_spool(options_.spool); !opened) return opened;
      syncer_ = std::jthread([this](const std::stop_token& stop) { sync(stop); });
    }
    maker_ = std::jthread([this] { make_parcels(); });
    for (std::size_t i = 0; i < options_.in_flight; ++i) {
      senders_.emplace_back([this] {
        block_sigpipe();
        HttpDelivery(share_).run();
      });
    }
    return {};
  }

  ~HttpSink() override { close(Clock::now()); }

  void submit(BatchRef batch) override { queue_.submit(std::move(batch)); }

  SinkStatus status() const override {
    SinkStatus status = outbox_.status();
    status.name = options_.name;
    status.flows = joined(queue_.account(), status.flows);
    return status;
  }

  void reopen() override {
    ++share_.headers_version;
    share_.largest_request = SIZE_MAX;
    outbox_.retry_now();
  }

  void close(Clock::time_point deadline) override {
    if (!queue_.close()) return;
    outbox_.hurry();
    queue_.wait_finished(deadline);
    outbox_.finish(deadline);
    share_.abort = true;
    outbox_.abort();
    senders_.clear();
    maker_ = {};
    outbox_.close();
    syncer_ = {};
  }

 private:
  static HttpOptions with_context(HttpOptions options, const SinkContext& context) {
    options.outbox.when_full = context.when_full;
    return options;
  }

  void make_parcels() {
    ParcelMaker maker(options_.records, options_.batch_flows, options_.batch_bytes, spare_,
                      [this](Parcel parcel) { outbox_.put(std::move(parcel)); });
    Clock::time_point due = kNever;  // when what is in the maker must go
    while (maker.flows() != 0 || !queue_.at_end()) {
      const auto waiting = queue_.take(due);
      if (!waiting || Clock::now() >= due) {
        maker.flush();
        due = kNever;
      }
      if (!waiting) continue;
      const auto flows = waiting->batch->flows();
      outbox_.arrive(flows.size());
      maker.add(*waiting->batch, flows);
      if (maker.flows() < flows.size() || due == kNever)
        due = maker.flows() == 0 ? kNever : waiting->since + options_.flush;
    }
    queue_.finish();
  }

  void sync(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any tick;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      tick.wait_for(lock, stop, kSyncInterval, [] { return false; });
      outbox_.sync();
    }
  }

  const HttpOptions options_;
  Outbox outbox_;
  DeadLetters dead_letters_;
  SpareTexts spare_;
  DeliveryShare share_{options_, outbox_, dead_letters_, spare_};

  BatchQueue queue_;
  std::jthread syncer_, maker_;
  std::vector<std::jthread> senders_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_http_sink(HttpOptions options, const SinkContext& context) {
  auto sink = std::make_unique<HttpSink>(std::move(options), context);
  if (auto started = sink->start(); !started) return std::unexpected(started.error());
  return sink;
}

}  // namespace weir
