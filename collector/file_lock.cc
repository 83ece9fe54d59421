#include "collector/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace weir {

Result<std::optional<FileLock>> FileLock::try_lock(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return fail_errno("cannot open " + path.string(), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(fd));
  if (errno == EWOULDBLOCK) return std::nullopt;
  return fail_errno("cannot lock " + path.string(), errno);
}

}  // namespace weir
