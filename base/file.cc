#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace weir {

Result<void> write_all(int fd, Bytes content, const std::string& what) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return fail_errno("cannot write " + what, errno);
    }
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

namespace {

Result<void> sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open directory " + directory.string(), errno);
  if (::fsync(fd.get()) != 0) return fail_errno("cannot sync directory " + directory.string(), errno);
  return {};
}

Result<void> write_and_sync(const std::filesystem::path& path, Bytes content) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!fd) return fail_errno("cannot create " + path.string(), errno);
  if (auto written = write_all(fd.get(), content, path.string()); !written) return written;
  if (::fsync(fd.get()) != 0) return fail_errno("cannot sync " + path.string(), errno);
  return {};
}

}  // namespace

Result<void> replace_file(const std::filesystem::path& path, Bytes content) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  if (auto written = write_and_sync(temporary, content); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return fail_errno("cannot rename " + temporary.string() + " to " + path.string(), reason);
  }
  return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

bool is_closed(const std::filesystem::path& directory) {
  return ::access((directory / ".").c_str(), X_OK) != 0 && errno == EACCES;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path.string(), errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("cannot read " + path.string(), errno);
  if (S_ISDIR(info.st_mode)) return fail("cannot read " + path.string() + ": it is a directory");
  if (S_ISREG(info.st_mode) && static_cast<std::uint64_t>(info.st_size) > limit) {
    return fail(path.string() + " is larger than " + std::to_string(limit) + " bytes");
  }

  std::string content;
  constexpr std::size_t kChunk = 64 * 1024;
  for (;;) {
    const std::size_t had = content.size();
    content.resize(had + kChunk);
    const ssize_t n = ::read(fd.get(), content.data() + had, kChunk);
    if (n < 0 && errno != EINTR) return fail_errno("cannot read " + path.string(), errno);
    content.resize(had + static_cast<std::size_t>(n > 0 ? n : 0));
    if (n == 0) return content;
    if (content.size() > limit) return fail(path.string() + " is larger than " + std::to_string(limit) + " bytes");
  }
}

}  // namespace weir
