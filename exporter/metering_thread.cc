#include "exporter/metering_thread.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr std::chrono::milliseconds kBusyPatience{100};  // while flows may fall due
constexpr std::chrono::milliseconds kIdlePatience{1000};
constexpr std::chrono::milliseconds kDrainPatience{10};

std::uint64_t difference(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

MeteringThread::MeteringThread(std::string name, PacketSource& source, const MeterOptions& options, Context context)
    : name_(std::move(name)),
      source_(source),
      context_(std::move(context)),
      max_clock_error_ns_(options.max_clock_error_ns),
      writer_(
          context_.pool,
          [this](const BatchRef& batch) {
            flows_published_ += batch->flows().size();
            pending_since_ns_ = 0;
            context_.publish(batch);
          },
          context_.seal),
      meter_(options, writer_),
      feed_(meter_, *context_.view, options.packet_sampling * options.flow_sampling) {}

MeteringThread::~MeteringThread() { stop(std::chrono::steady_clock::now()); }

void MeteringThread::start() {
  thread_ = std::thread([this] { run(); });
}

void MeteringThread::request_stop(std::chrono::steady_clock::time_point deadline) {
  if (stopping_) return;
  drain_deadline_ = deadline;
  stopping_ = true;
  source_.wake();
}

void MeteringThread::stop(std::chrono::steady_clock::time_point deadline) {
  if (!thread_.joinable()) return;
  request_stop(deadline);
  thread_.join();
}

MeteringStatus MeteringThread::status() const {
  return {name_, meter_.status(), flows_published_, writer_.pending(), error_};
}

void MeteringThread::run() {
  refresh_names(wall_time_ns());
  while (!stopping_ && turn(patience())) {
  }
  if (stopping_) drain();
  const auto guard = lock();
  feed_.finish(wall_time_ns());
  meter_.finish();
  writer_.flush();
  ended_ = true;
}

std::chrono::milliseconds MeteringThread::patience() const {
  const auto guard = lock();
  if (feed_.is_watched()) return feed_.patience();
  return meter_.status().flows_active > 0 || writer_.pending() > 0 ? kBusyPatience : kIdlePatience;
}

// Takes some packets in. False when there will be no more.
bool MeteringThread::turn(std::chrono::milliseconds timeout) {
  const auto frames = source_.next(timeout);
  const std::uint64_t wall_ns = wall_time_ns();
  const auto guard = lock();
  if (!frames) {
    error_ = frames.error().message;
    return false;
  }
  feed_.begin_turn(wall_ns);
  if (!frames->empty()) meter_.add(*frames, wall_ns);
  feed_.end_turn();
  keep_house(frames->empty(), frames->empty() ? 0 : frames->back().time_ns, wall_ns);
  return !source_.ended();
}

// Time goes on by the packets' stamps while there are any: what is still in the ring may belong to flows that would be
// idle by the clock on the wall.
void MeteringThread::keep_house(bool quiet, std::uint64_t packet_ns, std::uint64_t wall_ns) {
  const bool trusted = !quiet && (!context_.live || difference(packet_ns, wall_ns) <= max_clock_error_ns_);
  if (trusted || context_.live) meter_.expire(trusted ? packet_ns : wall_ns);
  if (!context_.live) return;
  if (wall_ns >= next_names_ns_) refresh_names(wall_ns);
  flush_if_old(steady_time_ns());
}

void MeteringThread::flush_if_old(std::uint64_t steady_ns) {
  if (writer_.pending() == 0) return;
  if (pending_since_ns_ == 0) pending_since_ns_ = steady_ns;
  if (steady_ns - pending_since_ns_ >= static_cast<std::uint64_t>(context_.flush_interval.count())) writer_.flush();
}

void MeteringThread::refresh_names(std::uint64_t wall_ns) {
  next_names_ns_ = wall_ns + kNsPerSecond;
  for (const auto& [index, name] : context_.interface_names()) meter_.set_interface_name(index, name);
}

// What the kernel has captured until now, and hands over when its block's time is up.
void MeteringThread::drain() {
  while (turn(kDrainPatience) && source_.stats().packets.held != 0 &&
         std::chrono::steady_clock::now() < drain_deadline_) {
  }
}

}  // namespace weir
