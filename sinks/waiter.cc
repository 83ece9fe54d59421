#include "sinks/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace weir {
namespace {

UniqueFd new_event() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

void raise(const UniqueFd& event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event.get(), &one, sizeof one);
}

timespec time_until(Waiter::Clock::time_point until) {
  // A day is as good as for ever, and no sum overflows.
  const std::chrono::nanoseconds ns = std::clamp<std::chrono::nanoseconds>(
      until - Waiter::Clock::now(), std::chrono::nanoseconds(0), std::chrono::hours(24));
  return {.tv_sec = ns.count() / 1'000'000'000, .tv_nsec = ns.count() % 1'000'000'000};
}

}  // namespace

Waiter::Waiter() : wake_(new_event()), abort_(new_event()) {}

bool Waiter::wait(int fd, short events, Clock::time_point until) {
  std::array<pollfd, 3> polled{{{fd, events, 0}, {abort_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  const timespec time = time_until(until);
  if (::ppoll(polled.data(), polled.size(), &time, nullptr) <= 0) return false;
  if (polled[2].revents != 0) {
    std::uint64_t count;
    [[maybe_unused]] const ssize_t forgotten = ::read(wake_.get(), &count, sizeof count);
  }
  return polled[0].revents != 0;
}

bool Waiter::wait_through(int fd, short events, Clock::time_point until) {
  std::array<pollfd, 2> polled{{{fd, events, 0}, {abort_.get(), POLLIN, 0}}};
  const timespec time = time_until(until);
  return ::ppoll(polled.data(), polled.size(), &time, nullptr) > 0 && polled[0].revents != 0;
}

void Waiter::wake() { raise(wake_); }
void Waiter::abort() { raise(abort_); }

bool Waiter::aborted() const {
  pollfd polled{abort_.get(), POLLIN, 0};
  return ::poll(&polled, 1, 0) > 0;
}

}  // namespace weir
