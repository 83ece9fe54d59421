#include "sinks/stdout_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "base/unique_fd.h"

namespace weir {
namespace {

// A pipe is opened anew, without blocking: setting O_NONBLOCK on the one we were given would set it for every process
// that shares it. What cannot be opened anew is written in small pieces (text_output.h).
UniqueFd own_stdout() {
  struct stat info{};
  if (::fstat(STDOUT_FILENO, &info) == 0 && S_ISFIFO(info.st_mode)) {
    UniqueFd fd(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (fd) return fd;
  }
  return UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
}

class StdoutOutput : public TextOutput {
 public:
  explicit StdoutOutput(std::string header) : fd_(own_stdout()), header_(std::move(header)) {}

  WriteResult write(std::string_view text, const std::atomic<bool>& abort) override {
    if (!header_.empty()) {
      WriteResult result = write_whole(fd_.get(), header_, kName, abort);
      if (result.outcome != WriteResult::Outcome::kWritten) return result;
      header_.clear();
    }
    return write_whole(fd_.get(), text, kName, abort);
  }

 private:
  inline static const std::string kName = "standard output";

  UniqueFd fd_;
  std::string header_;
};

}  // namespace

std::unique_ptr<TextOutput> open_stdout(std::string header) {
  return std::make_unique<StdoutOutput>(std::move(header));
}

}  // namespace weir
