#include "sinks/text_sink.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "sinks/encode_pool.h"
#include "sinks/sigpipe.h"

namespace weir {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = WriteResult::Outcome;

// Batches that are text or being made so: enough to keep the encoders busy while the writer writes.
constexpr std::size_t kEncodeAhead = 8;
// A buffer that one odd batch has blown up is not kept.
constexpr std::size_t kLargestSpareBuffer = 8 << 20;

struct Job {
  BatchRef batch;
  std::string text;
  std::uint64_t flows;
  bool ready = false;
};
using JobRef = std::shared_ptr<Job>;

class TextSink : public Sink {
 public:
  TextSink(std::string name, std::unique_ptr<TextOutput> output, RecordWriter writer, const SinkContext& context)
      : name_(std::move(name)), output_(std::move(output)), writer_(std::move(writer)), context_(context) {
    thread_ = std::jthread([this] { run(); });
  }

  ~TextSink() override { close(Clock::now()); }

  void submit(BatchRef batch) override {
    const std::uint64_t flows = batch->flows().size();
    std::unique_lock lock(mutex_);
    if (context_.when_full == WhenFull::kWait) room_.wait(lock, [this] { return has_room() || closing_ || gone_; });
    account_.in += flows;
    if (closing_ || gone_) return account_.drop(closing_ ? SinkDrop::kClosing : SinkDrop::kWriteError, flows);
    if (!has_room()) return account_.drop(SinkDrop::kQueueFull, flows);
    account_.held += flows;
    queue_.push_back(std::make_shared<Job>(Job{std::move(batch), {}, flows}));
    encode_more();
  }

  SinkStatus status() const override {
    const std::lock_guard lock(mutex_);
    return {name_, account_, bytes_out_, last_error_, gone_};
  }

  void reopen() override {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
    wake_.notify_one();
  }

  void close(Clock::time_point deadline) override {
    std::unique_lock lock(mutex_);
    if (std::exchange(closing_, true)) return;
    wake_.notify_one();
    room_.notify_all();
    done_.wait_until(lock, deadline, [this] { return finished_; });
    abort_ = true;
    wake_.notify_one();
    lock.unlock();
    thread_.join();
    lock.lock();
    done_.wait(lock, [this] { return encoding_ == 0; });
  }

 private:
  bool has_room() const { return queue_.size() < context_.queue_batches; }

  // REQUIRES mutex_.
  void encode_more() {
    while (started_ < std::min(queue_.size(), kEncodeAhead)) {
      ++encoding_;
      context_.encoders->post([this, job = queue_[started_++]] { encode(job); });
    }
  }

  void encode(const JobRef& job) {
    std::string text = take_buffer();
    writer_.append(*job->batch, text);
    job->batch.reset();
    const std::lock_guard lock(mutex_);
    job->text = std::move(text);
    job->ready = true;
    if (--encoding_ == 0) done_.notify_all();
    if (!queue_.empty() && queue_.front() == job) wake_.notify_one();
  }

  std::string take_buffer() {
    const std::lock_guard lock(mutex_);
    if (buffers_.empty()) return {};
    std::string buffer = std::move(buffers_.back());
    buffers_.pop_back();
    buffer.clear();
    return buffer;
  }

  void run() {
    block_sigpipe();
    std::unique_lock lock(mutex_);
    std::optional<Clock::time_point> tick;
    while (!(closing_ && queue_.empty()) && !abort_) {
      if (std::exchange(reopen_, false)) reopen_output(lock);
      lock.unlock();
      tick = output_->tick();
      lock.lock();
      if (!queue_.empty() && queue_.front()->ready) {
        write_front(lock);
      } else {
        wait_for_work(lock, tick);
      }
    }
    drop_queue(SinkDrop::kClosing);
    finished_ = true;
    done_.notify_all();
  }

  void wait_for_work(std::unique_lock<std::mutex>& lock, std::optional<Clock::time_point> tick) {
    const auto has_work = [this] { return abort_ || reopen_ || (queue_.empty() ? closing_ : queue_.front()->ready); };
    if (tick) {
      wake_.wait_until(lock, *tick, has_work);
    } else {
      wake_.wait(lock, has_work);
    }
  }

  void reopen_output(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const auto reopened = output_->reopen();
    if (!reopened) spdlog::error("{}: still writing to the old file: {}", name_, reopened.error().message);
    lock.lock();
    if (!reopened) last_error_ = reopened.error().message;
  }

  void write_front(std::unique_lock<std::mutex>& lock) {
    const JobRef job = std::move(queue_.front());
    queue_.pop_front();
    --started_;
    encode_more();
    room_.notify_one();
    lock.unlock();
    const WriteResult result = output_->write(job->text, abort_);
    lock.lock();
    const std::string news = settle(*job, result);
    if (buffers_.size() < kEncodeAhead && job->text.capacity() <= kLargestSpareBuffer)
      buffers_.push_back(std::move(job->text));
    if (news.empty()) return;
    lock.unlock();
    spdlog::log(result.outcome == Outcome::kWritten ? spdlog::level::info : spdlog::level::err, "{}: {}", name_, news);
    lock.lock();
  }

  // Takes the outcome of a write into the account. Returns what the log should say: once when trouble begins, once when
  // it ends.
  std::string settle(const Job& job, const WriteResult& result) {
    account_.held -= job.flows;
    if (result.outcome == Outcome::kWritten) {
      account_.out += job.flows;
      bytes_out_ += job.text.size();
      last_error_.clear();
      const std::uint64_t lost = std::exchange(lost_, 0);
      return lost == 0 ? "" : "writing again, after " + std::to_string(lost) + " flows lost";
    }
    if (result.outcome == Outcome::kAborted) {
      account_.drop(SinkDrop::kClosing, job.flows);
      return "";
    }
    account_.drop(SinkDrop::kWriteError, job.flows);
    last_error_ = result.error;
    if (result.outcome == Outcome::kGone) {
      gone_ = true;
      drop_queue(SinkDrop::kWriteError);
    }
    return std::exchange(lost_, lost_ + job.flows) == 0 ? result.error : "";
  }

  void drop_queue(SinkDrop reason) {
    for (const JobRef& job : queue_) {
      account_.held -= job->flows;
      account_.drop(reason, job->flows);
    }
    queue_.clear();
    started_ = 0;
    room_.notify_all();
  }

  const std::string name_;
  const std::unique_ptr<TextOutput> output_;  // used by thread_ only
  const RecordWriter writer_;
  const SinkContext context_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;  // for thread_
  std::condition_variable room_;  // for submit()
  std::condition_variable done_;  // for close()
  std::deque<JobRef> queue_;
  std::size_t started_ = 0;   // jobs at the queue's front whose encoding was posted
  std::size_t encoding_ = 0;  // encode() calls posted and not yet over
  std::vector<std::string> buffers_;
  Account<SinkDrop> account_;
  std::uint64_t bytes_out_ = 0;
  std::uint64_t lost_ = 0;  // since writing last succeeded
  std::string last_error_;
  bool reopen_ = false;
  bool closing_ = false;
  bool finished_ = false;
  bool gone_ = false;
  std::atomic<bool> abort_ = false;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<Sink> make_text_sink(std::string name, std::unique_ptr<TextOutput> output, RecordWriter writer,
                                     const SinkContext& context) {
  return std::make_unique<TextSink>(std::move(name), std::move(output), std::move(writer), context);
}

}  // namespace weir
