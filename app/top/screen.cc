#include "app/top/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace weir {
namespace {

// Another screen, no cursor, no wrapping of lines that are too long because the terminal has just become narrower.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[m\x1b[?1049l";

constexpr int kTold[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP};
constexpr int kCrashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT};

// What signal handlers need.
termios saved_terminal;
volatile std::sig_atomic_t is_open = 0;
int told_pipe[2] = {-1, -1};

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Safe in a signal handler.
void leave() {
  if (is_open == 0) return;
  is_open = 0;
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
}

void tell(int number) {
  const int error = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const ssize_t written = ::write(told_pipe[1], &byte, 1);
  errno = error;
}

// The handler was taken away when it was called: the signal does what it does without one.
void crash(int number) {
  leave();
  ::raise(number);
}

void handle(std::span<const int> signals, void (*handler)(int), int flags) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  for (const int number : signals) ::sigaction(number, &action, nullptr);
}

}  // namespace

Result<std::unique_ptr<Screen>> Screen::open() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) return fail("this is no terminal");
  if (::tcgetattr(STDIN_FILENO, &saved_terminal) != 0) return fail_errno("cannot use the terminal", errno);
  if (::pipe2(told_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("cannot make a pipe", errno);
  handle(kTold, tell, 0);
  handle(kCrashes, crash, static_cast<int>(SA_RESETHAND | SA_NODEFER));
  std::unique_ptr<Screen> screen(new Screen());
  screen->enter();
  return screen;
}

Screen::~Screen() {
  leave();
  handle(kTold, SIG_DFL, 0);
  handle(kCrashes, SIG_DFL, 0);
  for (int& fd : told_pipe) ::close(std::exchange(fd, -1));
}

void Screen::enter() {
  termios raw = saved_terminal;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_iflag &= ~static_cast<tcflag_t>(ICRNL | IXON);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  is_open = 1;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  gone_ = !write_all(kEnter);
}

Screen::Size Screen::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {80, 24};
  return {size.ws_col, size.ws_row};
}

void Screen::stop_for_a_while() {
  leave();
  ::raise(SIGSTOP);
  enter();
}

Screen::Event Screen::wait(std::chrono::milliseconds timeout) {
  if (gone_) return {What::kEnd};
  if (keys_.empty()) {
    std::array<pollfd, 2> polled{pollfd{told_pipe[0], POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
    ::poll(polled.data(), polled.size(), static_cast<int>(timeout.count()));
    unsigned char number = 0;
    if (::read(told_pipe[0], &number, 1) == 1) {
      if (number == SIGTSTP) stop_for_a_while();
      return {number == SIGTSTP || number == SIGWINCH ? What::kResized : What::kEnd};
    }
    if (polled[1].revents == 0) return {};
    std::array<char, 64> typed;
    const ssize_t n = ::read(STDIN_FILENO, typed.data(), typed.size());
    if (n <= 0) return {n < 0 && errno == EINTR ? What::kNothing : What::kEnd};
    keys_.assign(typed.data(), static_cast<std::size_t>(n));
  }
  // A terminal sends a sequence in one piece.
  if (keys_.size() > 1 && keys_.front() == '\x1b') {
    keys_.clear();
    return {};
  }
  const int key = static_cast<unsigned char>(keys_.front());
  keys_.erase(0, 1);
  return {What::kKey, key};
}

void Screen::draw(const std::vector<std::string>& lines) {
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "\x1b[K" : "\r\n\x1b[K") + lines[i];
  if (!write_all(text)) gone_ = true;
}

}  // namespace weir
