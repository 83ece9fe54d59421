#include "collector/state_dir.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/file.h"

namespace weir {
namespace {

// Far beyond the bound on template memory; what is larger was not written by a decoder.
constexpr std::size_t kMaxStateFile = 1 << 30;

std::string suffix_of(unsigned workers) { return "-of-" + std::to_string(workers) + ".state"; }

}  // namespace

Result<StateDir> StateDir::open(std::filesystem::path directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return fail("cannot make the state directory " + directory.string() + ": " + error.message() +
                "; choose another with --state-dir");
  }
  auto lock = FileLock::try_lock(directory / "lock");
  if (!lock) return std::unexpected(lock.error());
  if (!*lock) {
    return fail("the state directory " + directory.string() +
                " is in use by another collector; stop it or choose another with --state-dir");
  }
  return StateDir(std::move(directory), std::move(**lock));
}

std::vector<std::filesystem::path> StateDir::files() const {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory_, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with("decoder-") && name.ends_with(".state")) found.push_back(it->path());
  }
  std::ranges::sort(found);
  return found;
}

std::vector<StateDir::Saved> StateDir::read_all() {
  std::vector<Saved> all;
  for (const std::filesystem::path& path : files()) {
    if (auto content = read_file(path, kMaxStateFile)) {
      all.push_back({path, std::move(*content)});
    } else {
      move_aside(path, content.error().message);
    }
  }
  return all;
}

void StateDir::move_aside(const std::filesystem::path& path, const std::string& why) {
  std::filesystem::path aside = path;
  aside += ".damaged";
  std::error_code error;
  std::filesystem::rename(path, aside, error);
  spdlog::warn("{}: {}; its templates are learnt anew, the file is kept as {}", path.string(), why, aside.string());
}

Result<void> StateDir::save(unsigned worker, unsigned workers, Bytes content) {
  return replace_file(directory_ / ("decoder-" + std::to_string(worker) + suffix_of(workers)), content);
}

void StateDir::remove_others(unsigned workers) {
  for (const std::filesystem::path& path : files()) {
    if (path.filename().string().ends_with(suffix_of(workers))) continue;
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) spdlog::warn("cannot remove {}: {}", path.string(), error.message());
  }
}

}  // namespace weir
