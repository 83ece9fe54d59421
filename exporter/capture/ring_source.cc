#include "exporter/capture/ring_source.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/clock.h"
#include "exporter/capture/destroy_together.h"

namespace weir {
namespace {

// The kernel's counters have 32 bits: at 100 M packets a second they last for 42 s.
constexpr std::uint64_t kReadCountersNs = 10 * kNsPerSecond;

bool watch(const UniqueFd& epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

class RingSource::Member {
 public:
  explicit Member(std::unique_ptr<Ring> ring) : ring_(std::move(ring)), reader_(ring_->memory()) {}

  RingReader& reader() { return reader_; }
  int fd() const { return ring_->fd(); }
  bool is_removed = false;

  // The account now. `in` is what the kernel counted, so what is neither out nor dropped is held.
  CaptureStats stats() {
    if (ring_) {
      const RingCounters counters = ring_->take_counters();
      packets_ += counters.packets;
      drops_ += counters.drops;
      freezes_ += counters.freezes;
    }
    const RingReader::Counts& read = reader_.counts();
    const std::uint64_t unwritten = std::min(read.unwritten - past_.unwritten, drops_);
    CaptureStats stats;
    stats.super_packets = read.super_packets - past_.super_packets;
    stats.freezes = freezes_;
    stats.packets.out = read.frames - past_.frames;
    stats.packets.in = std::max(packets_, drops_ + stats.packets.out);
    stats.packets.drop(CaptureDrop::kUnknownOffload, unwritten);
    stats.packets.drop(CaptureDrop::kRingFull, drops_ - unwritten);
    const std::uint64_t rest = stats.packets.in - drops_ - stats.packets.out;
    const std::uint64_t damaged = std::min(read.damaged - past_.damaged, rest);
    stats.packets.drop(CaptureDrop::kBadBlock, damaged);
    stats.packets.held = rest - damaged;
    return stats;
  }

  void restart_stats() {
    packets_ = drops_ = freezes_ = 0;
    past_ = reader_.counts();
  }

  std::unique_ptr<Ring> take_ring() { return std::move(ring_); }

 private:
  std::unique_ptr<Ring> ring_;  // none once it was removed
  RingReader reader_;
  RingReader::Counts past_;  // at the last restart_stats()
  std::uint64_t packets_ = 0, drops_ = 0, freezes_ = 0;
};

Result<std::unique_ptr<RingSource>> RingSource::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC)), event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !event || !watch(epoll, event.get())) return fail_errno("cannot wait for packets", errno);
  return std::unique_ptr<RingSource>(new RingSource(std::move(epoll), std::move(event)));
}

RingSource::~RingSource() { destroy_together(members_); }

RingSource::Handle RingSource::add(std::unique_ptr<Ring> ring) {
  const int fd = ring->fd();
  auto member = std::make_shared<Member>(std::move(ring));
  const std::lock_guard lock(mutex_);
  members_.push_back(member);
  watch(epoll_, fd);
  return member;
}

void RingSource::remove(const Handle& member) {
  const std::lock_guard lock(mutex_);
  member->is_removed = some_removed_ = true;
}

void RingSource::destroy_removed() {
  std::vector<std::unique_ptr<Ring>> rings;
  {
    const std::lock_guard lock(mutex_);
    rings.swap(removed_);
  }
  destroy_together(rings);
}

CaptureStats RingSource::stats(const Handle& member) const {
  const std::lock_guard lock(mutex_);
  return member->stats();
}

bool RingSource::take_stats(const Handle& member, CaptureStats& stats) {
  const std::lock_guard lock(mutex_);
  stats = member->stats();
  if (stats.packets.held != 0) return false;
  past_ += stats;
  member->restart_stats();
  return true;
}

CaptureStats RingSource::stats() const {
  const std::lock_guard lock(mutex_);
  CaptureStats sum = past_;
  for (const Handle& member : members_) sum += member->stats();
  return sum;
}

void RingSource::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_event_.get(), &one, sizeof one);
}

Result<std::span<const Frame>> RingSource::next(std::chrono::milliseconds timeout) {
  std::size_t n = 0;
  {
    const std::lock_guard lock(mutex_);
    n = collect();
  }
  if (n == 0) {
    const auto ready = wait(timeout);
    if (!ready) return std::unexpected(ready.error());
    if (*ready) {
      const std::lock_guard lock(mutex_);
      n = collect();
    }
  }
  return std::span<const Frame>(frames_.data(), n);
}

// The block that was handed over goes back; then the next frames, of the same block where it has more, else of the next
// ring that has some.
std::size_t RingSource::collect() {
  update_counters();
  if (turn_ < members_.size()) {
    RingReader& reader = members_[turn_]->reader();
    reader.release();
    if (reader.in_block()) {
      if (const std::size_t n = reader.read(frames_); n != 0) return n;
    }
  }
  if (some_removed_) drop_removed();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    turn_ = (turn_ + 1) % members_.size();
    if (const std::size_t n = members_[turn_]->reader().read(frames_); n != 0) return n;
  }
  return 0;
}

void RingSource::drop_removed() {
  std::erase_if(members_, [&](const Handle& member) {
    if (!member->is_removed || member->reader().ready()) return false;
    const CaptureStats stats = member->stats();
    if (stats.packets.held != 0) return false;
    past_ += stats;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, member->fd(), nullptr);
    removed_.push_back(member->take_ring());
    return true;
  });
  some_removed_ = std::ranges::any_of(members_, [](const Handle& member) { return member->is_removed; });
}

void RingSource::update_counters() {
  const std::uint64_t now = steady_time_ns();
  if (now - counters_read_ns_ < kReadCountersNs) return;
  counters_read_ns_ = now;
  for (const Handle& member : members_) member->stats();
}

// True when a ring may have something.
Result<bool> RingSource::wait(std::chrono::milliseconds timeout) {
  std::array<epoll_event, 16> events;
  const auto ms = std::clamp<std::chrono::milliseconds::rep>(timeout.count(), 0, std::numeric_limits<int>::max());
  const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), static_cast<int>(ms));
  if (n < 0 && errno != EINTR) return fail_errno("cannot wait for packets", errno);
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wake_event_.get()) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = ::read(event.data.fd, &count, sizeof count);
    } else if ((event.events & EPOLLERR) != 0) {  // its interface went down; reading the error takes it away
      int error = 0;
      socklen_t length = sizeof error;
      ::getsockopt(event.data.fd, SOL_SOCKET, SO_ERROR, &error, &length);
    }
  }
  return n > 0;
}

}  // namespace weir
