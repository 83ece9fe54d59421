#include "app/doctor/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

#include "base/unique_fd.h"

namespace weir {
namespace {

constexpr std::size_t kMostOutput = 1 << 20;

Result<pid_t> spawn(const std::vector<std::string>& argv, int output) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail_errno("cannot run " + argv[0], error);
  return pid;
}

// Until the end of the output; false when that is too much or takes too long.
bool read_all(int fd, std::chrono::steady_clock::time_point deadline, std::string& text) {
  std::array<char, 16 * 1024> chunk;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n < 0 && errno != EINTR) return false;
    if (n == 0) return true;
    if (n > 0) text.append(chunk.data(), static_cast<std::size_t>(n));
    if (text.size() > kMostOutput) return false;
  }
}

// Waits for the end of a program that is about to, else kills it and is false.
bool end(pid_t pid, bool about_to, std::chrono::steady_clock::time_point deadline, int& status) {
  while (about_to && std::chrono::steady_clock::now() < deadline) {
    if (::waitpid(pid, &status, WNOHANG) == pid) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return false;
}

}  // namespace

Result<std::string> run_program(const std::vector<std::string>& argv, std::chrono::milliseconds limit) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
  const UniqueFd output(ends[0]);
  UniqueFd input(ends[1]);
  const auto pid = spawn(argv, input.get());
  input.reset();
  if (!pid) return std::unexpected(pid.error());
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const bool whole = read_all(output.get(), deadline, text);
  int status = 0;
  if (!end(*pid, whole, deadline, status)) return fail(argv[0] + " takes too long");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(argv[0] + " fails");
  return text;
}

}  // namespace weir
