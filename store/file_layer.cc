#include "store/file_layer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/file.h"
#include "base/unique_fd.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

class RealFile : public WritableFile {
 public:
  RealFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  Result<void> append(Bytes bytes) override { return write_all(fd_.get(), bytes, name_); }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return fail_errno("cannot sync " + name_, errno);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return fail_errno("cannot cut " + name_, errno);
    return {};
  }

 private:
  const UniqueFd fd_;
  const std::string name_;
};

class RealFiles : public FileLayer {
 public:
  Result<std::unique_ptr<WritableFile>> create(const fs::path& path) override {
    // O_APPEND: after truncate() the next bytes go to the new end.
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640));
    if (!fd) return fail_errno("cannot create " + path.string(), errno);
    return std::make_unique<RealFile>(std::move(fd), path.string());
  }

  Result<void> rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return fail_errno("cannot rename " + from.string() + " to " + to.string(), errno);
  }

  Result<void> remove(const fs::path& path) override {
    std::error_code error;
    fs::remove(path, error);
    if (error) return fail_errno("cannot remove " + path.string(), error.value());
    return {};
  }

  Result<void> make_directories(const fs::path& path) override {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return fail_errno("cannot make directory " + path.string(), error.value());
    return {};
  }

  Result<void> sync_directory(const fs::path& path) override {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno("cannot open directory " + path.string(), errno);
    if (::fsync(fd.get()) != 0) return fail_errno("cannot sync directory " + path.string(), errno);
    return {};
  }
};

}  // namespace

bool says_disk_full(const Error& error) {
  return error.message.ends_with(std::strerror(ENOSPC)) || error.message.ends_with(std::strerror(EDQUOT));
}

std::shared_ptr<FileLayer> FileLayer::real() { return std::make_shared<RealFiles>(); }

}  // namespace weir
