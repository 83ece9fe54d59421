#include "sinks/dead_letters.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace weir {
namespace {

std::string make_line(const DeadLetters::Letter& letter) {
  std::string reason(letter.reason.size() * kEscapedByte, '\0');
  reason.resize(static_cast<std::size_t>(write_json_text(reason.data(), letter.reason) - reason.data()));
  std::string line =
      fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%SZ}","status":{},"failed":{},"reason":"{}","records":[)",
                  fmt::gmtime(std::time(nullptr)), letter.status, letter.failed, reason);
  const std::size_t records = line.size();
  line += letter.lines.substr(0, letter.lines.empty() ? 0 : letter.lines.size() - 1);
  std::replace(line.begin() + static_cast<std::ptrdiff_t>(records), line.end(), '\n', ',');
  return line += "]}\n";
}

}  // namespace

DeadLetters::DeadLetters(std::filesystem::path path, std::uint64_t max_bytes)
    : path_(std::move(path)), max_bytes_(max_bytes) {}

bool DeadLetters::add(const Letter& letter) {
  if (path_.empty()) return false;
  const std::string line = make_line(letter);
  const std::lock_guard lock(mutex_);
  const std::string error = write(line);
  if (!error.empty() && !failing_) spdlog::error("dead letters are lost: {}", error);
  failing_ = !error.empty();
  return error.empty();
}

std::string DeadLetters::write(const std::string& line) {
  if (line.size() > max_bytes_ / 2) return "a refused request is larger than half of dead-letter-max";
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path_, error);
  if (!error && size + line.size() > max_bytes_ / 2) {
    std::filesystem::rename(path_, path_.string() + ".old", error);
    if (error) return "cannot rename " + path_.string() + ": " + error.message();
  }
  const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  struct stat before{};
  if (!fd || ::fstat(fd.get(), &before) != 0) return fail_errno("cannot open " + path_.string(), errno).error().message;
  const auto written = write_all(fd.get(), as_bytes(line), path_.string());
  if (written) return {};
  if (::ftruncate(fd.get(), before.st_size) != 0) return written.error().message + ", nor cut what was written of it";
  return written.error().message;
}

}  // namespace weir
