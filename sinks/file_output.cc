#include "sinks/file_output.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include "base/unique_fd.h"
#include "sinks/rotation.h"

namespace weir {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

Result<void> check_path(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return fail(path.string() + " is a directory; name a file in it");
  const fs::path directory = path.has_parent_path() ? path.parent_path() : ".";
  if (!fs::exists(directory, ignored))
    return fail("cannot write " + path.string() + ": there is no directory " + directory.string() + "; make it first");
  return {};
}

// A FIFO is opened for reading too, so that opening does not wait for a reader and writing does not fail without one.
Result<UniqueFd> open_for_append(const fs::path& path) {
  if (auto checked = check_path(path); !checked) return std::unexpected(checked.error());
  std::error_code ignored;
  const int mode = fs::is_fifo(path, ignored) ? O_RDWR : O_WRONLY;
  UniqueFd fd(::open(path.c_str(), mode | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644));
  if (!fd) return fail_errno("cannot write " + path.string(), errno);
  return fd;
}

bool is_regular(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

std::uint64_t size_of(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

bool ends_in_mid_line(const fs::path& path, std::uint64_t size) {
  if (size == 0) return false;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char last = '\n';
  return fd && ::pread(fd.get(), &last, 1, static_cast<off_t>(size - 1)) == 1 && last != '\n';
}

class FileOutput : public TextOutput {
 public:
  FileOutput(fs::path path, const RotationOptions& rotation, std::string header)
      : path_(std::move(path)), rotation_(rotation), header_(std::move(header)) {}

  Result<void> reopen() override {
    auto fd = open_for_append(path_);
    if (!fd) return std::unexpected(fd.error());
    fd_ = *std::move(fd);
    opened_ = Clock::now();
    reopen_pending_ = false;
    fresh_stream_ = !is_regular(fd_.get());
    unfinished_line_ = !fresh_stream_ && ends_in_mid_line(path_, size_of(fd_.get()));
    return {};
  }

  WriteResult write(std::string_view text, const std::atomic<bool>& abort) override {
    if (reopen_pending_) static_cast<void>(reopen());
    std::uint64_t size = size_of(fd_.get());
    if (rotation_.size != 0 && size != 0 && size + text.size() > rotation_.size && is_regular(fd_.get())) {
      rotate();
      size = size_of(fd_.get());
    }
    if (auto started = start_file(size, abort); started.outcome != WriteResult::Outcome::kWritten) return started;
    return write_whole(fd_.get(), text, path_.string(), abort);
  }

  std::optional<Clock::time_point> tick() override {
    if (rotation_.interval.count() == 0 || !is_regular(fd_.get())) return std::nullopt;
    if (Clock::now() >= opened_ + rotation_.interval) {
      if (size_of(fd_.get()) != 0) rotate();
      opened_ = Clock::now();
    }
    return opened_ + rotation_.interval;
  }

 private:
  // What must stand before the next record.
  WriteResult start_file(std::uint64_t size, const std::atomic<bool>& abort) {
    std::string_view start;
    if (unfinished_line_) start = "\n";
    if (size == 0 && (fresh_stream_ || is_regular(fd_.get()))) start = header_;
    if (start.empty()) return {};
    WriteResult result = write_whole(fd_.get(), start, path_.string(), abort);
    if (result.outcome == WriteResult::Outcome::kWritten) unfinished_line_ = fresh_stream_ = false;
    return result;
  }

  // When the old file cannot be renamed it grows on; when a new one cannot be opened the renamed one does, until it
  // can.
  void rotate() {
    if (auto rotated = rotate_file(path_, std::time(nullptr)); !rotated) return complain(rotated.error());
    if (auto opened = reopen(); !opened) {
      reopen_pending_ = true;
      return complain(opened.error());
    }
    if (rotation_.keep != 0) {
      if (auto removed = remove_old_rotations(path_, rotation_.keep); !removed) return complain(removed.error());
    }
    complained_ = false;
  }

  void complain(const Error& error) {
    if (!std::exchange(complained_, true)) spdlog::error("rotation: {}", error.message);
  }

  fs::path path_;
  RotationOptions rotation_;
  std::string header_;
  UniqueFd fd_;
  Clock::time_point opened_;
  bool reopen_pending_ = false;
  bool unfinished_line_ = false;
  bool fresh_stream_ = false;  // a pipe or device that has had no header yet
  bool complained_ = false;
};

}  // namespace

Result<std::unique_ptr<TextOutput>> open_file_output(const fs::path& path, const RotationOptions& rotation,
                                                     std::string header) {
  auto output = std::make_unique<FileOutput>(path, rotation, std::move(header));
  if (auto opened = output->reopen(); !opened) return std::unexpected(opened.error());
  return output;
}

}  // namespace weir
