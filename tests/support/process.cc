#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace weir::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool wait_until(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

namespace {

void redirect(const std::filesystem::path& path, int flags, int to) {
  const int fd = ::open(path.c_str(), flags, 0600);
  ::dup2(fd, to);
  ::close(fd);
}

std::vector<char*> c_strings(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& s : strings) pointers.push_back(s.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Process::Process(std::vector<std::string> argv, std::vector<std::string> environment) {
  const std::vector<char*> arguments = c_strings(argv);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    redirect(dir_ / "out", O_WRONLY | O_CREAT, STDOUT_FILENO);
    redirect(dir_ / "err", O_WRONLY | O_CREAT, STDERR_FILENO);
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    for (std::string& variable : environment) ::putenv(variable.data());
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
}

Process::~Process() {
  if (running()) {
    signal(SIGKILL);
    wait();
  }
}

bool Process::running() {
  if (status_ >= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = status;
  return false;
}

void Process::signal(int number) const { ::kill(pid_, number); }

int Process::wait(std::chrono::seconds limit) {
  if (!wait_until([this] { return !running(); }, limit)) {
    signal(SIGKILL);
    wait_until([this] { return !running(); });
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

Outcome run(std::vector<std::string> argv, std::vector<std::string> environment) {
  Process process(std::move(argv), std::move(environment));
  const int code = process.wait(std::chrono::seconds(110));
  return {code, process.out(), process.err()};
}

std::string weir_binary() { return WEIR_BINARY_DIR "/weir"; }

bool have_program(const std::string& name) {
  std::istringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
  for (std::string directory; std::getline(path, directory, ':');) {
    if (::access((directory + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::filesystem::path shared_dir() { return std::filesystem::path(WEIR_SOURCE_DIR) / ".." / "shared"; }

}  // namespace weir::test
