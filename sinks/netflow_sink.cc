#include "sinks/netflow_sink.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "sinks/batch_queue.h"
#include "sinks/export_streams.h"
#include "sinks/message_link.h"
#include "sinks/sigpipe.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{5'000};
// How often acknowledgements are looked for, of which the system does not tell.
constexpr std::chrono::milliseconds kAckLook{20};
// How often a link in trouble is asked whether that is over.
constexpr std::chrono::seconds kTroubleLook{1};

std::unique_ptr<MessageLink> make_link(const NetflowOptions& options, Waiter& waiter) {
  return options.is_stream() ? make_stream_link(options, waiter) : make_udp_link(options, waiter);
}

class NetflowSink : public Sink {
 public:
  NetflowSink(NetflowOptions options, const SinkContext& context)
      : options_(std::move(options)), queue_(context, [this] { waiter_.wake(); }), link_(make_link(options_, waiter_)) {
    thread_ = std::jthread([this] { run(); });
  }

  ~NetflowSink() override { close(Clock::now()); }

  void submit(BatchRef batch) override { queue_.submit(std::move(batch)); }

  SinkStatus status() const override {
    const std::lock_guard lock(mutex_);
    return {options_.name, queue_.account(), bytes_out_, last_error_, false};
  }

  void close(Clock::time_point deadline) override {
    deadline_ = deadline;
    if (!queue_.close()) return;
    queue_.wait_finished(deadline);
    waiter_.abort();
    thread_.join();
    // What the link could not tell the fate of, too: nothing is open any more.
    queue_.drop_held(SinkDrop::kClosing);
  }

 private:
  void run() {
    block_sigpipe();
    while (!queue_.closed() || (!queue_.empty() && !waiter_.aborted())) {
      const auto waiting = connected_ ? queue_.try_take() : std::nullopt;
      if (waiting) {
        send_batch(*waiting->batch);
      } else {
        rest();
      }
      keep_house();
    }
    finish();
  }

  // Until there is something to send, something waits too long, or the connection ends.
  void rest() {
    Clock::time_point until = connected_ ? next_flush_ : retry_at_;
    if (!link_->trouble().empty()) until = std::min<Clock::time_point>(until, Clock::now() + kTroubleLook);
    if (link_->has_open()) until = std::min(until, Clock::now() + kAckLook);
    waiter_.wait(link_->fd(), POLLIN, until);
  }

  void send_batch(const FlowBatch& batch) {
    const std::uint64_t refused = streams_.add(batch);
    next_flush_ = Clock::time_point::min();
    if (refused != 0) queue_.settle(0, refused, SinkDrop::kNotRepresentable);
  }

  void keep_house() {
    const auto now = Clock::now();
    if (now >= next_flush_) {
      next_flush_ = streams_.flush_due(now);
      link_->push();
    }
    if (!link_->up()) {
      if (connected_) lose_connection();
      if (now >= retry_at_) connect();
    }
    tell_news();
  }

  // Its messages under way are lost with it.
  void lose_connection() {
    connected_ = false;
    streams_.start_again();
    link_->push();
    down_since_ = Clock::now();
    retry_at_ = down_since_ + kFirstPause;
    pause_ = kFirstPause;
  }

  void connect() {
    connected_ = link_->connect().has_value();
    if (connected_) return;
    const auto now = Clock::now();
    if (now - down_since_ >= options_.timeout) queue_.drop_waiting(SinkDrop::kUnreachable);
    retry_at_ = now + pause_;
    pause_ = std::min<std::chrono::milliseconds>(2 * pause_, kLongestPause);
  }

  void tell_news() {
    const LinkNews news = link_->take_news();
    if (news.delivered + news.lost != 0) queue_.settle(news.delivered, news.lost, SinkDrop::kUnreachable);
    std::unique_lock lock(mutex_);
    bytes_out_ += news.bytes;
    const bool was_well = last_error_.empty();
    last_error_ = link_->trouble();
    const std::string error = last_error_;
    lock.unlock();
    // The log hears of trouble once when it begins and once when it is over.
    if (was_well && !error.empty()) spdlog::error("{}: {}", options_.name, error);
    if (!was_well && error.empty()) spdlog::info("{}: sending again", options_.name);
  }

  void finish() {
    streams_.flush_all();
    link_->push();
    link_->close(deadline_);
    tell_news();
    queue_.finish();
  }

  const NetflowOptions options_;
  Waiter waiter_;
  BatchQueue queue_;
  Clock::time_point deadline_{};  // written before the queue is closed, read after

  // The thread's own.
  const std::unique_ptr<MessageLink> link_;
  ExportStreams streams_{options_, [this](Bytes message, std::size_t flows) { link_->send(message, flows); }};
  bool connected_ = false;
  Clock::time_point next_flush_ = Clock::time_point::max();
  Clock::time_point down_since_ = Clock::now();
  Clock::time_point retry_at_{};
  std::chrono::milliseconds pause_ = kFirstPause;

  mutable std::mutex mutex_;
  std::uint64_t bytes_out_ = 0;
  std::string last_error_;
  std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<Sink>> make_netflow_sink(NetflowOptions options, const SinkContext& context) {
  if (options.transport == Transport::kTls) {
    if (auto usable = make_client_context(options.tls, options.verify); !usable) {
      return std::unexpected(usable.error());
    }
  }
  return std::make_unique<NetflowSink>(std::move(options), context);
}

}  // namespace weir
