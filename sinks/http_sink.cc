#include "sinks/http_sink.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

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
        context_(context),
        outbox_(options_.outbox),
        dead_letters_(options_.dead_letters, options_.dead_letters_max) {}

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

  void submit(BatchRef batch) override {
    const std::uint64_t flows = batch->flows().size();
    std::unique_lock lock(mutex_);
    if (context_.when_full == WhenFull::kWait) room_.wait(lock, [this] { return has_room() || closing_; });
    account_.in += flows;
    if (closing_) return account_.drop(SinkDrop::kClosing, flows);
    if (!has_room()) return account_.drop(SinkDrop::kQueueFull, flows);
    account_.held += flows;
    queue_.push_back({std::move(batch), Clock::now()});
    if (queue_.size() == 1) wake_.notify_one();
  }

  SinkStatus status() const override {
    const std::lock_guard lock(mutex_);
    SinkStatus status{options_.name, account_, 0, {}, false};
    outbox_.add_to(status);
    return status;
  }

  void reopen() override {
    ++share_.headers_version;
    share_.largest_request = SIZE_MAX;
    outbox_.retry_now();
  }

  void close(Clock::time_point deadline) override {
    std::unique_lock lock(mutex_);
    if (std::exchange(closing_, true)) return;
    wake_.notify_all();
    room_.notify_all();
    outbox_.hurry();
    made_all_.wait_until(lock, deadline, [this] { return finished_; });
    lock.unlock();
    outbox_.finish(deadline);
    share_.abort = true;
    outbox_.abort();
    senders_.clear();
    maker_ = {};
    outbox_.close();
    syncer_ = {};
  }

 private:
  struct Waiting {
    BatchRef batch;
    Clock::time_point since;
  };

  static HttpOptions with_context(HttpOptions options, const SinkContext& context) {
    options.outbox.when_full = context.when_full;
    return options;
  }

  bool has_room() const { return queue_.size() < context_.queue_batches; }

  void make_parcels() {
    ParcelMaker maker(options_.records, options_.batch_flows, options_.batch_bytes,
                      [this](Parcel parcel) { outbox_.put(std::move(parcel)); });
    Clock::time_point due = kNever;  // when what is in the maker must go
    std::unique_lock lock(mutex_);
    while (wait_for_work(lock, due)) {
      if (queue_.empty() || Clock::now() >= due) {
        lock.unlock();
        maker.flush();
        lock.lock();
        due = kNever;
        continue;
      }
      const Waiting waiting = std::move(queue_.front());
      queue_.pop_front();
      room_.notify_one();
      const auto flows = waiting.batch->flows();
      pass_on(flows.size());
      lock.unlock();
      maker.add(*waiting.batch, flows);
      lock.lock();
      if (maker.flows() < flows.size() || due == kNever)
        due = maker.flows() == 0 ? kNever : waiting.since + options_.flush;
    }
    finished_ = true;
    made_all_.notify_all();
  }

  // Until there are flows, or some to flush. False: there is nothing more to do.
  bool wait_for_work(std::unique_lock<std::mutex>& lock, Clock::time_point due) {
    while (queue_.empty()) {
      if (due == kNever) {
        if (closing_) return false;
        wake_.wait(lock);
      } else {
        if (closing_ || Clock::now() >= due) return true;
        wake_.wait_until(lock, due);
      }
    }
    return true;
  }

  // REQUIRES mutex_, so that status() sees every flow in one of the accounts.
  void pass_on(std::uint64_t flows) {
    account_.in -= flows;
    account_.held -= flows;
    outbox_.arrive(flows);
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
  const SinkContext context_;
  Outbox outbox_;
  DeadLetters dead_letters_;
  DeliveryShare share_{options_, outbox_, dead_letters_};

  mutable std::mutex mutex_;
  std::condition_variable wake_;      // for maker_
  std::condition_variable room_;      // for submit()
  std::condition_variable made_all_;  // for close()
  std::deque<Waiting> queue_;
  Account<SinkDrop> account_;  // of what is in queue_ or never came further
  bool closing_ = false;
  bool finished_ = false;
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
