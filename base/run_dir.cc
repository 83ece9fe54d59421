#include "base/run_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

namespace weir {
namespace {

std::filesystem::path user_dir() {
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
    return std::filesystem::path(runtime) / "weir";
  }
  return "/tmp/weir-" + std::to_string(::geteuid());
}

}  // namespace

std::filesystem::path default_run_dir() {
  if (::geteuid() == 0 || ::access(kSystemRunDir, W_OK) == 0) return kSystemRunDir;
  return user_dir();
}

std::vector<std::filesystem::path> run_dirs_of(const Daemon& daemon, const std::filesystem::path& system,
                                               const std::filesystem::path& user) {
  std::error_code error, ignored;
  std::vector<std::filesystem::path> candidates;
  for (std::filesystem::directory_iterator entry(system, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_directory(ignored)) candidates.push_back(entry->path());
  }
  std::ranges::sort(candidates);
  candidates.insert(candidates.begin(), system);
  if (user != system) candidates.push_back(user);
  std::erase_if(candidates, [&](const std::filesystem::path& candidate) {
    return !std::filesystem::exists(candidate / daemon.socket, ignored);
  });
  return candidates;
}

std::vector<std::filesystem::path> run_dirs_of(const Daemon& daemon) {
  return run_dirs_of(daemon, kSystemRunDir, user_dir());
}

std::optional<std::filesystem::path> run_dir_of(const Daemon& daemon) {
  const auto all = run_dirs_of(daemon);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

Result<void> make_run_dir(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST) {
    return fail_errno("cannot make the run directory " + directory.string() + " (choose another with --run-dir)",
                      errno);
  }
  struct stat info{};
  if (::stat(directory.c_str(), &info) != 0) return fail_errno("cannot use " + directory.string(), errno);
  if (!S_ISDIR(info.st_mode)) return fail("the run directory " + directory.string() + " is not a directory");
  if (info.st_uid != ::geteuid() && directory.parent_path() == "/tmp") {
    return fail("the run directory " + directory.string() + " belongs to another user; choose another with --run-dir");
  }
  return {};
}

}  // namespace weir
