#include "collector/worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/clock.h"
#include "collector/selector.h"

namespace weir {
namespace {

// Receive calls a socket gets before the next has its turn and the clocks are looked at.
constexpr int kTurn = 16;

// Waking a thread for every datagram costs as much as decoding several. A worker that found some naps instead of
// waiting for the next, so that more have gathered: so long that what comes at kMostBytesPerNs meanwhile, with the
// kernel's own data about it, fits all buffers.
constexpr std::chrono::nanoseconds kLongestNap{5'000'000};
constexpr std::chrono::nanoseconds kShortestNap{250'000};
constexpr std::int64_t kMostBytesPerNs = 4;

}  // namespace

Worker::Worker(unsigned index, Lane& lane, std::chrono::nanoseconds flush_interval)
    : lane_(lane), index_(index), flush_ns_(static_cast<std::uint64_t>(flush_interval.count())), nap_(kLongestNap) {}

Worker::~Worker() { stop(std::chrono::steady_clock::time_point::min()); }

void Worker::add_socket(std::string listener, UdpSocket socket) {
  SocketStatus status;
  status.worker = std::to_string(index_);
  status.listener = std::move(listener);
  status.local = socket.bound().to_string();
  status.buffer_bytes = socket.buffer();
  nap_ = std::min(nap_, std::chrono::nanoseconds(static_cast<std::int64_t>(status.buffer_bytes) / kMostBytesPerNs));
  inputs_.push_back({std::move(socket), std::move(status)});
}

Result<void> Worker::start() {
  wakeup_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup_) return fail_errno("cannot start a worker", errno);
  polled_.push_back({wakeup_.get(), POLLIN, 0});
  for (const Input& input : inputs_) polled_.push_back({input.socket.fd(), POLLIN, 0});
  thread_ = std::thread([this] { run(); });
  return {};
}

void Worker::stop(std::chrono::steady_clock::time_point deadline) {
  if (!thread_.joinable()) return;
  drain_deadline_ = deadline;
  stopping_.store(true, std::memory_order_release);
  wake();
  thread_.join();
}

void Worker::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void Worker::run() {
  next_tick_ns_ = steady_time_ns() + kNsPerSecond;
  while (!stopping_.load(std::memory_order_acquire)) {
    if (last_read_ == 0 || nap_ < kShortestNap) {
      wait();
    } else if (last_read_ < ReceiveBatch::kSlots) {
      std::this_thread::sleep_for(nap_);
    }
    last_read_ = 0;
    for (Input& input : inputs_) last_read_ += receive_turn(input);
    keep_house();
  }
  drain();
}

// Until something arrives, a batch has to go, or the tick is due.
void Worker::wait() {
  const std::uint64_t now = steady_time_ns();
  std::uint64_t ns = next_tick_ns_ > now ? next_tick_ns_ - now : 0;
  if (const auto lock = lane_.lock(); lane_.has_pending()) ns = std::min(ns, flush_ns_);

  ::poll(polled_.data(), polled_.size(), static_cast<int>((ns + kNsPerMs - 1) / kNsPerMs));
}

std::size_t Worker::receive_turn(Input& input) {
  std::size_t total = 0;
  for (int turn = 0; turn < kTurn; ++turn) {
    const std::size_t n = receive_from(input);
    total += n;
    if (n < ReceiveBatch::kSlots) break;
  }
  return total;
}

std::size_t Worker::receive_from(Input& input) {
  const std::span<const Datagram> datagrams = batch_.receive(input.socket);
  if (datagrams.empty()) return 0;
  relay(datagrams);
  const std::uint64_t now = wall_time_ns();
  const auto lock = lane_.lock();
  for (const Datagram& datagram : datagrams) {
    input.status.bytes += datagram.payload.size();
    lane_.receive(datagram.session, datagram.payload, datagram.truncated, now);
  }
  input.status.datagrams += datagrams.size();
  return datagrams.size();
}

void Worker::relay(std::span<const Datagram> datagrams) {
  for (const auto& relay : relays_) {
    const Account<RelayDrop> sent = relay->forward(datagrams);
    const auto lock = lane_.lock();
    relay->count(sent);
  }
}

void Worker::keep_house() {
  const std::uint64_t now = steady_time_ns();
  const auto lock = lane_.lock();
  if (now >= next_tick_ns_) {
    next_tick_ns_ = now + kNsPerSecond;
    count_kernel_drops();
    lane_.tick(wall_time_ns());
  }
  lane_.flush_older_than(flush_ns_, now);
}

void Worker::drain() {
  const auto in_time = [this] { return std::chrono::steady_clock::now() < drain_deadline_; };
  if (drain_deadline_ == std::chrono::steady_clock::time_point::min()) return;
  for (Input& input : inputs_) {
    [[maybe_unused]] const auto refused = refuse_datagrams(input.socket.fd());
    while (in_time() && receive_from(input) > 0) continue;
    count_undecoded(input);
  }
  const auto lock = lane_.lock();
  count_kernel_drops();
  lane_.finish(wall_time_ns());
}

void Worker::count_undecoded(Input& input) {
  for (;;) {
    const std::size_t n = batch_.receive(input.socket).size();
    if (n == 0) return;
    const auto lock = lane_.lock();
    input.status.datagrams += n;
    lane_.drop_arrivals(ArrivalDrop::kClosing, n);
  }
}

void Worker::count_kernel_drops() {
  for (Input& input : inputs_) {
    const std::uint64_t drops = input.socket.read_drops();
    input.status.kernel_drops += drops;
    lane_.drop_arrivals(ArrivalDrop::kKernel, drops);
  }
}

std::vector<RelayStatus> Worker::relays() const {
  std::vector<RelayStatus> all;
  for (const auto& relay : relays_) all.push_back(relay->status());
  return all;
}

std::vector<SocketStatus> Worker::sockets() const {
  std::vector<SocketStatus> all;
  for (const Input& input : inputs_) {
    all.push_back(input.status);
    all.back().queued_bytes = input.socket.queued_bytes();
  }
  return all;
}

}  // namespace weir
