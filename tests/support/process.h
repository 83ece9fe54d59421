// A child process under test, with what it prints kept in files.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace weir::test {

// A directory of its own, removed at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string slurp(const std::filesystem::path& path);
std::vector<std::string> lines_of(const std::string& text);

// Looks every few milliseconds until `condition` holds; false after `limit`.
bool wait_until(const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds(30));

class Process {
 public:
  // Starts argv[0], found by PATH. Killed, if it still runs, by the destructor. `environment` adds NAME=value.
  explicit Process(std::vector<std::string> argv, std::vector<std::string> environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  // Waits for its end; the exit code, or 128 + signal. Kills it after `limit`.
  int wait(std::chrono::seconds limit = std::chrono::seconds(60));

  std::string out() const { return slurp(dir_ / "out"); }
  std::string err() const { return slurp(dir_ / "err"); }

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  int status_ = -1;
};

struct Outcome {
  int code;
  std::string out, err;
};

// Runs to the end.
Outcome run(std::vector<std::string> argv, std::vector<std::string> environment = {});

// The weir binary of this build, and whether a program is on the PATH.
std::string weir_binary();
bool have_program(const std::string& name);

// ../shared beside the project, where it exists.
std::filesystem::path shared_dir();

}  // namespace weir::test
