#include "exporter/capture/live_capture.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <thread>

#include "exporter/capture/capture_set.h"

namespace weir {

struct LiveCapture::Impl {
  Impl(const CaptureOptions& options, InterfacePattern pattern, LinkTable links)
      : table(std::move(links)), set(options, std::move(pattern), sources) {}

  ~Impl() {
    if (!follower.joinable()) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop.get(), &one, sizeof one);
    follower.join();
  }

  Result<void> start(unsigned threads) {
    for (unsigned t = 0; t < threads; ++t) {
      auto source = RingSource::create();
      if (!source) return std::unexpected(source.error());
      sources.push_back(std::move(*source));
    }
    if (auto done = set.begin(table); !done) return done;
    stop.reset(::eventfd(0, EFD_CLOEXEC));
    if (!stop) return fail_errno("cannot follow the network interfaces", errno);
    return {};
  }

  // Signals are for the program's other threads.
  void start_follower() {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    follower = std::thread([this] { follow(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void follow() {
    std::array<pollfd, 2> wait = {{{table.fd(), POLLIN, 0}, {stop.get(), POLLIN, 0}}};
    for (;;) {
      if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
      if (wait[1].revents != 0) return;
      const auto updated = table.update();
      const std::lock_guard lock(mutex);
      if (!updated) return set.report(updated.error().message);
      set.follow(table);
    }
  }

  std::vector<std::unique_ptr<RingSource>> sources;
  LinkTable table;  // once it runs, the follower's
  mutable std::mutex mutex;
  CaptureSet set;  // under mutex
  UniqueFd stop;
  std::thread follower;
};

Result<std::unique_ptr<LiveCapture>> LiveCapture::open(const CaptureOptions& options) {
  auto pattern = InterfacePattern::parse(options.interfaces);
  if (!pattern) return std::unexpected(pattern.error());
  auto table = LinkTable::open();
  if (!table) return std::unexpected(table.error());
  auto impl = std::make_unique<Impl>(options, std::move(*pattern), std::move(*table));
  if (const auto done = impl->start(options.threads); !done) return std::unexpected(done.error());
  return std::unique_ptr<LiveCapture>(new LiveCapture(std::move(impl)));
}

LiveCapture::LiveCapture(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveCapture::~LiveCapture() = default;

void LiveCapture::follow() { impl_->start_follower(); }

void LiveCapture::end() {
  const std::lock_guard lock(impl_->mutex);
  impl_->set.end();
}

PacketSource& LiveCapture::source(unsigned thread) { return *impl_->sources.at(thread); }

std::vector<InterfaceStatus> LiveCapture::interfaces() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->set.status();
}

}  // namespace weir
