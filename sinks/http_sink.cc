#include "sinks/http_sink.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "sinks/gzip.h"
#include "sinks/http_client.h"
#include "sinks/http_reply.h"
#include "sinks/record_writer.h"
#include "sinks/sigpipe.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSenders = 2;
constexpr std::chrono::milliseconds kFirstBackoff{200};
constexpr std::chrono::milliseconds kLongestBackoff{30'000};
// Flows that are encoded before the size of the body is looked at.
constexpr std::size_t kFlowsAtOnce = 16;

// Flows of one batch.
struct Part {
  BatchRef batch;
  std::span<const Flow> flows;
  Clock::time_point since;
};

// How a request ended, in flows.
struct Delivery {
  std::uint64_t flows = 0;
  std::uint64_t dropped = 0;
  SinkDrop reason = SinkDrop::kRejected;
  std::string error;
};

class HttpSink : public Sink {
 public:
  HttpSink(HttpOptions options, const SinkContext& context)
      : options_(std::move(options)), context_(context), writer_(options_.records) {
    for (std::size_t i = 0; i < kSenders; ++i) senders_.emplace_back([this] { run(); });
  }

  ~HttpSink() override { close(Clock::now()); }

  void submit(BatchRef batch) override {
    const auto flows = batch->flows();
    std::unique_lock lock(mutex_);
    if (context_.when_full == WhenFull::kWait) room_.wait(lock, [this] { return has_room() || closing_; });
    account_.in += flows.size();
    if (closing_) return account_.drop(SinkDrop::kClosing, flows.size());
    if (!has_room()) return account_.drop(SinkDrop::kQueueFull, flows.size());
    account_.held += flows.size();
    queued_ += flows.size();
    queue_.push_back({std::move(batch), flows, Clock::now()});
    wake_.notify_one();
  }

  SinkStatus status() const override {
    const std::lock_guard lock(mutex_);
    return {options_.name, account_, bytes_out_, last_error_, false};
  }

  void close(Clock::time_point deadline) override {
    std::unique_lock lock(mutex_);
    if (std::exchange(closing_, true)) return;
    wake_.notify_all();
    room_.notify_all();
    done_.wait_until(lock, deadline, [this] { return finished_ == kSenders; });
    abort_ = true;
    wake_.notify_all();
    retry_.notify_all();
    lock.unlock();
    senders_.clear();
    lock.lock();
    for (const Part& part : queue_) {
      account_.held -= part.flows.size();
      account_.drop(SinkDrop::kClosing, part.flows.size());
    }
    queue_.clear();
    queued_ = 0;
  }

 private:
  bool has_room() const { return queue_.size() < context_.queue_batches; }

  void run() {
    block_sigpipe();
    HttpClient client(options_, abort_);
    std::unique_lock lock(mutex_);
    while (wait_for_records(lock)) {
      const std::vector<Part> parts = take_records();
      lock.unlock();
      send_records(client, parts);
      lock.lock();
    }
    ++finished_;
    done_.notify_all();
  }

  // Until a request is full, or its oldest record has waited long enough. False: there is nothing more to do.
  bool wait_for_records(std::unique_lock<std::mutex>& lock) {
    while (!abort_) {
      if (queue_.empty() && closing_) return false;
      if (queued_ >= options_.batch_flows || (closing_ && !queue_.empty())) return true;
      if (queue_.empty()) {
        wake_.wait(lock);
        continue;
      }
      const Clock::time_point due = queue_.front().since + options_.flush;
      if (Clock::now() >= due) return true;
      wake_.wait_until(lock, due);
    }
    return false;
  }

  // REQUIRES mutex_.
  std::vector<Part> take_records() {
    std::vector<Part> parts;
    std::size_t wanted = options_.batch_flows;
    while (wanted != 0 && !queue_.empty()) {
      Part& front = queue_.front();
      const std::size_t n = std::min(wanted, front.flows.size());
      parts.push_back({front.batch, front.flows.first(n), front.since});
      front.flows = front.flows.subspan(n);
      wanted -= n;
      queued_ -= n;
      if (front.flows.empty()) queue_.pop_front();
    }
    room_.notify_all();
    if (!queue_.empty()) wake_.notify_one();
    return parts;
  }

  // As one request, or as several where the records exceed its size.
  void send_records(HttpClient& client, const std::vector<Part>& parts) {
    std::string body = "[";
    std::uint64_t flows = 0;
    for (const Part& part : parts) {
      for (auto rest = part.flows; !rest.empty();) {
        const auto some = rest.first(std::min(rest.size(), kFlowsAtOnce));
        const std::size_t size_before = body.size();
        writer_.append(*part.batch, some, body);
        if (body.size() + 1 > options_.batch_bytes && flows != 0) {
          body.resize(size_before);
          send(client, std::exchange(body, "["), std::exchange(flows, 0));
          continue;
        }
        flows += some.size();
        rest = rest.subspan(some.size());
      }
    }
    send(client, std::move(body), flows);
  }

  void send(HttpClient& client, std::string body, std::uint64_t flows) {
    body += ']';
    const std::size_t size = body.size();
    if (options_.gzip) body = gzip(body);
    settle(deliver(client, body, flows), size);
  }

  Delivery deliver(HttpClient& client, std::string_view body, std::uint64_t flows) {
    for (std::size_t attempt = 0;; ++attempt) {
      if (abort_) return {flows, flows, SinkDrop::kClosing, {}};
      const HttpReply reply = client.post(body);
      const HttpVerdict verdict = judge(reply);
      if (verdict == HttpVerdict::kTaken) return partly_taken(reply, flows);
      if (verdict == HttpVerdict::kRefuse) return {flows, flows, SinkDrop::kRejected, describe(reply)};
      if (abort_) return {flows, flows, SinkDrop::kClosing, {}};
      if (attempt == options_.retries) return {flows, flows, SinkDrop::kUnreachable, describe(reply)};
      note_error(describe(reply));
      wait_before_retry(attempt);
    }
  }

  // With split biflows a refused record is counted as a flow, up to all of them.
  static Delivery partly_taken(const HttpReply& reply, std::uint64_t flows) {
    PartialFailure failure = find_partial_failure(reply.body);
    if (failure.failed == 0) return {flows, 0, {}, {}};
    return {flows, std::min(failure.failed, flows), SinkDrop::kRejected,
            "the server refused some records: " + failure.error};
  }

  void wait_before_retry(std::size_t attempt) {
    auto backoff = std::min(kFirstBackoff * (1 << std::min<std::size_t>(attempt, 10)), kLongestBackoff);
    thread_local std::minstd_rand random(std::random_device{}());
    backoff += std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, backoff.count() / 4)(random));
    std::unique_lock lock(mutex_);
    retry_.wait_for(lock, backoff, [this] { return abort_.load(); });
  }

  void note_error(const std::string& error) {
    const std::lock_guard lock(mutex_);
    last_error_ = error;
  }

  void settle(const Delivery& delivery, std::size_t bytes) {
    std::unique_lock lock(mutex_);
    account_.held -= delivery.flows;
    account_.out += delivery.flows - delivery.dropped;
    account_.drop(delivery.reason, delivery.dropped);
    if (delivery.dropped != delivery.flows) bytes_out_ += bytes;
    if (delivery.reason == SinkDrop::kClosing) return;
    last_error_ = delivery.error;
    const std::uint64_t lost_before = lost_;
    lost_ = delivery.dropped == 0 ? 0 : lost_ + delivery.dropped;
    lock.unlock();
    // The log hears of trouble once when it begins and once when it is over.
    if (lost_before == 0 && delivery.dropped != 0) {
      spdlog::error("{}: {} flows dropped: {}", options_.name, delivery.dropped, delivery.error);
    } else if (lost_before != 0 && delivery.dropped == 0) {
      spdlog::info("{}: delivering again, after {} flows lost", options_.name, lost_before);
    }
  }

  const HttpOptions options_;
  const SinkContext context_;
  const RecordWriter writer_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;   // for senders without records
  std::condition_variable retry_;  // for senders between two tries
  std::condition_variable room_;   // for submit()
  std::condition_variable done_;   // for close()
  std::deque<Part> queue_;
  std::size_t queued_ = 0;  // flows in queue_
  Account<SinkDrop> account_;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t lost_ = 0;  // since a request was last taken whole
  std::string last_error_;
  bool closing_ = false;
  std::size_t finished_ = 0;
  std::atomic<bool> abort_ = false;
  std::vector<std::jthread> senders_;
};

}  // namespace

std::unique_ptr<Sink> make_http_sink(HttpOptions options, const SinkContext& context) {
  return std::make_unique<HttpSink>(std::move(options), context);
}

}  // namespace weir
