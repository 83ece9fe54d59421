#include "web/connection.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace weir {
namespace {

// How soon a stop is noticed.
constexpr std::chrono::milliseconds kSlice{200};
constexpr std::size_t kChunk = 4096;
// Bytes a second that a client must take in the end.
constexpr std::size_t kSlowest = 16 << 10;

}  // namespace

Connection::Connection(UniqueFd socket, const TlsContext& tls, const Limits& limits, const std::atomic<bool>& stopping,
                       const std::atomic<bool>& crowded)
    : socket_(std::move(socket)),
      tls_(nullptr, ::SSL_free),
      limits_(limits),
      stopping_(stopping),
      crowded_(crowded),
      when_crowded_(Clock::now() + limits.crowded) {
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
  if (!tls) return;
  tls_.reset(::SSL_new(tls.get()));
  if (tls_) ::SSL_set_fd(tls_.get(), socket_.get());
}

Connection::~Connection() {
  if (tls_) ::SSL_shutdown(tls_.get());
  ::shutdown(socket_.get(), SHUT_WR);
  // What the client still sends is taken in for a moment, so that closing does not wipe out the answer on its way.
  std::array<char, kChunk> ignored;
  const auto until = Clock::now() + std::chrono::milliseconds(50);
  while (!stopping_ && Clock::now() < until) {
    pollfd poll_fd{socket_.get(), POLLIN, 0};
    if (::poll(&poll_fd, 1, 10) > 0 && ::recv(socket_.get(), ignored.data(), ignored.size(), 0) <= 0) break;
  }
}

Connection::Wait Connection::wait(short events, Clock::time_point deadline, Clock::time_point when_crowded) const {
  for (;;) {
    if (stopping_) return Wait::kBroken;
    const auto end = crowded_ ? std::min(deadline, when_crowded) : deadline;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return Wait::kLate;
    pollfd poll_fd{socket_.get(), events, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::min(left, kSlice).count()));
    if (ready > 0) return Wait::kReady;
    if (ready < 0 && errno != EINTR) return Wait::kBroken;
  }
}

bool Connection::greet() {
  if (!tls_) return true;
  const auto deadline = Clock::now() + limits_.whole;
  for (;;) {
    ::ERR_clear_error();
    const int done = ::SSL_accept(tls_.get());
    if (done == 1) return true;
    const int why = ::SSL_get_error(tls_.get(), done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return false;
    if (wait(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline, when_crowded_) != Wait::kReady) return false;
  }
}

ssize_t Connection::receive(char* to, std::size_t size, Clock::time_point deadline) {
  for (;;) {
    short wanted = POLLIN;
    if (tls_) {
      ::ERR_clear_error();
      const int n = ::SSL_read(tls_.get(), to, static_cast<int>(std::min<std::size_t>(size, kChunk)));
      if (n > 0) return n;
      const int why = ::SSL_get_error(tls_.get(), n);
      if (why == SSL_ERROR_ZERO_RETURN) return 0;
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return -1;
      wanted = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    } else {
      const ssize_t n = ::recv(socket_.get(), to, size, 0);
      if (n >= 0) return n;
      if (errno != EAGAIN && errno != EINTR) return -1;
    }
    const Wait waited = wait(wanted, deadline, when_crowded_);
    late_ = waited == Wait::kLate;
    if (waited != Wait::kReady) return -1;
  }
}

ssize_t Connection::send_some(const char* from, std::size_t size, Clock::time_point deadline) {
  for (;;) {
    short wanted = POLLOUT;
    if (tls_) {
      ::ERR_clear_error();
      const int n = ::SSL_write(tls_.get(), from, static_cast<int>(std::min<std::size_t>(size, 1 << 20)));
      if (n > 0) return n;
      const int why = ::SSL_get_error(tls_.get(), n);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return -1;
      wanted = why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    } else {
      const ssize_t n = ::send(socket_.get(), from, size, MSG_NOSIGNAL);
      if (n >= 0) return n;
      if (errno != EAGAIN && errno != EINTR) return -1;
    }
    if (wait(wanted, deadline) != Wait::kReady) return -1;
  }
}

Connection::Head Connection::read_head() {
  buffer_.erase(0, at_);
  at_ = 0;
  when_crowded_ = Clock::now() + limits_.crowded;
  auto deadline = Clock::now() + (buffer_.empty() ? limits_.idle : limits_.whole);
  std::size_t looked = 0;
  for (;;) {
    const std::size_t end = buffer_.find("\r\n\r\n", looked > 3 ? looked - 3 : 0);
    if (end != std::string::npos && end + 4 <= limits_.head) break;
    if (buffer_.size() >= limits_.head) return Head::kTooLarge;
    looked = buffer_.size();
    std::array<char, kChunk> chunk;
    const bool first = buffer_.empty();
    const ssize_t n = receive(chunk.data(), chunk.size(), deadline);
    if (n <= 0) return late_ && !first ? Head::kTooLate : Head::kEnded;
    if (first) deadline = Clock::now() + limits_.whole;
    buffer_.append(chunk.data(), static_cast<std::size_t>(n));
  }
  deadline_ = deadline;
  body_left_ = limits_.head + limits_.body;
  return Head::kRead;
}

ssize_t Connection::read(char* to, std::size_t size) {
  size = std::min(size, body_left_);
  if (size == 0) return -1;
  ssize_t n = 0;
  if (at_ < buffer_.size()) {
    n = static_cast<ssize_t>(std::min(size, buffer_.size() - at_));
    std::memcpy(to, buffer_.data() + at_, static_cast<std::size_t>(n));
    at_ += static_cast<std::size_t>(n);
  } else {
    n = receive(to, size, deadline_);
  }
  if (n > 0) body_left_ -= static_cast<std::size_t>(n);
  return n;
}

ssize_t Connection::write(const char* from, std::size_t size) {
  const auto deadline = Clock::now() + limits_.stall + std::chrono::seconds(size / kSlowest);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = send_some(from + done, size - done, std::min(deadline, Clock::now() + limits_.stall));
    if (n <= 0) return -1;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(size);
}

bool Connection::gone() const {
  pollfd poll_fd{socket_.get(), POLLRDHUP, 0};
  return stopping_ || (::poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
}

}  // namespace weir
