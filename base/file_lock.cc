#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace weir {
namespace {

// A full disk must not stop who needs the lock only.
void write_process_id(int fd) {
  const std::string id = std::to_string(::getpid()) + '\n';
  if (::ftruncate(fd, 0) == 0) (void)write_all(fd, as_bytes(id), "the lock");
}

}  // namespace

Result<std::optional<FileLock>> FileLock::try_lock(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return fail_errno("cannot open " + path.string(), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
    write_process_id(fd.get());
    return FileLock(std::move(fd));
  }
  if (errno == EWOULDBLOCK) return std::nullopt;
  return fail_errno("cannot lock " + path.string(), errno);
}

std::string FileLock::holder(const std::filesystem::path& path) {
  const auto content = read_file(path, 64);
  return content ? content->substr(0, content->find('\n')) : "";
}

}  // namespace weir
