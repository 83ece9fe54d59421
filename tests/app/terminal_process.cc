#include "tests/app/terminal_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <cstdlib>
#include <stdexcept>

namespace weir::test {
namespace {

constexpr std::chrono::seconds kLong{30};

}  // namespace

TerminalProcess::TerminalProcess(std::vector<std::string> argv, unsigned short width, unsigned short height,
                                 const std::vector<std::string>& environment) {
  winsize size{};
  size.ws_col = width;
  size.ws_row = height;
  int terminal = -1, other = -1;
  if (::openpty(&terminal, &other, nullptr, nullptr, &size) != 0) throw std::runtime_error("openpty");
  terminal_.reset(terminal);
  other_end_.reset(other);
  ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::login_tty(other);
  for (const std::string& one : environment) ::putenv(const_cast<char*>(one.c_str()));
  std::vector<char*> arguments;
  for (std::string& one : argv) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

TerminalProcess::~TerminalProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void TerminalProcess::type(const std::string& keys) const {
  if (::write(terminal_.get(), keys.data(), keys.size()) < 0) throw std::runtime_error("write to terminal");
}

void TerminalProcess::resize(unsigned short width, unsigned short height) const {
  winsize size{};
  size.ws_col = width;
  size.ws_row = height;
  ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
}

void TerminalProcess::signal(int number) const { ::kill(pid_, number); }

bool TerminalProcess::read_some(std::chrono::milliseconds patience) {
  pollfd polled{terminal_.get(), POLLIN, 0};
  if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) return false;
  char chunk[4096];
  const ssize_t n = ::read(terminal_.get(), chunk, sizeof chunk);
  if (n <= 0) return false;
  written_.append(chunk, static_cast<std::size_t>(n));
  return true;
}

bool TerminalProcess::sees(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + kLong;
  for (;;) {
    if (const std::size_t at = written_.find(text, seen_); at != std::string::npos) {
      seen_ = at + text.size();
      return true;
    }
    if (std::chrono::steady_clock::now() >= end) return false;
    read_some(std::chrono::milliseconds(100));
  }
}

int TerminalProcess::wait() {
  int status = 0;
  const auto end = std::chrono::steady_clock::now() + kLong;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= end) ::kill(pid_, SIGKILL);
    read_some(std::chrono::milliseconds(20));
  }
  while (read_some(std::chrono::milliseconds(0))) continue;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool TerminalProcess::is_as_it_was() const {
  termios now{};
  return ::tcgetattr(other_end_.get(), &now) == 0 && (now.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO) &&
         (now.c_iflag & ICRNL) != 0;
}

}  // namespace weir::test
