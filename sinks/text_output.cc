#include "sinks/text_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

namespace weir {
namespace {

using Outcome = WriteResult::Outcome;

constexpr int kAbortCheckMs = 50;

std::string describe(const std::string& what, int error_number) {
  if (error_number == EPIPE) return "nobody reads " + what + " any more";
  return "cannot write " + what + ": " + std::generic_category().message(error_number);
}

// Waits until `fd` takes bytes; false when aborted.
bool wait_writable(int fd, const std::atomic<bool>& abort) {
  pollfd waiting{fd, POLLOUT, 0};
  while (!abort.load(std::memory_order_relaxed)) {
    if (::poll(&waiting, 1, kAbortCheckMs) > 0) return true;
  }
  return false;
}

// Pipes, terminals, sockets: taken in pieces that a ready output accepts without blocking.
WriteResult write_stream(int fd, std::string_view text, const std::string& what, const std::atomic<bool>& abort) {
  const bool blocking = (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
  while (!text.empty()) {
    if (blocking && !wait_writable(fd, abort)) return {Outcome::kAborted, {}};
    const std::size_t piece = blocking ? std::min<std::size_t>(text.size(), PIPE_BUF) : text.size();
    const ssize_t n = ::write(fd, text.data(), piece);
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!wait_writable(fd, abort)) return {Outcome::kAborted, {}};
    } else if (errno != EINTR) {
      const int reason = errno;
      return {reason == EPIPE ? Outcome::kGone : Outcome::kFailed, describe(what, reason)};
    }
  }
  return {};
}

// Cuts a file back to `start` when what stands behind it is only the `written` bytes of ours.
void take_back(int fd, off_t start, off_t written, bool appending) {
  struct stat info{};
  if (::fstat(fd, &info) != 0 || info.st_size != start + written) return;
  if (::ftruncate(fd, start) == 0 && !appending) ::lseek(fd, start, SEEK_SET);
}

WriteResult write_file(int fd, off_t size, std::string_view text, const std::string& what) {
  const bool appending = (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
  const off_t start = appending ? size : ::lseek(fd, 0, SEEK_CUR);
  off_t written = 0;
  while (static_cast<std::size_t>(written) < text.size()) {
    const ssize_t n = ::write(fd, text.data() + written, text.size() - static_cast<std::size_t>(written));
    if (n >= 0) {
      written += n;
    } else if (errno != EINTR) {
      const int reason = errno;
      take_back(fd, start, written, appending);
      return {Outcome::kFailed, describe(what, reason)};
    }
  }
  return {};
}

}  // namespace

WriteResult write_whole(int fd, std::string_view text, const std::string& what, const std::atomic<bool>& abort) {
  struct stat info{};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return write_file(fd, info.st_size, text, what);
  return write_stream(fd, text, what, abort);
}

}  // namespace weir
