#include "tests/store/crash_files.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace weir::test {
namespace fs = std::filesystem;

class CrashFile : public WritableFile {
 public:
  CrashFile(std::shared_ptr<CrashFiles> files, std::unique_ptr<WritableFile> real, CrashFiles::File content)
      : files_(std::move(files)), real_(std::move(real)), content_(std::move(content)) {}

  Result<void> append(Bytes bytes) override {
    const std::lock_guard lock(files_->mutex_);
    if (auto begun = files_->begin(); !begun) {
      // The power went while it was written.
      const Bytes part = bytes.first(bytes.size() / 2);
      content_->now.append(as_text(part));
      return begun;
    }
    const auto room = files_->take_room(bytes.size());
    const Bytes fits = room ? bytes : bytes.first(bytes.size() / 3);
    content_->now.append(as_text(fits));
    if (auto written = real_->append(fits); !written) return written;
    return room;
  }

  Result<void> sync() override {
    const std::lock_guard lock(files_->mutex_);
    if (auto begun = files_->begin(); !begun) return begun;
    if (files_->fail_sync_) return fail_errno("cannot sync", EIO);
    content_->synced = content_->now;
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard lock(files_->mutex_);
    if (auto begun = files_->begin(); !begun) return begun;
    content_->now.resize(size);
    return real_->truncate(size);
  }

 private:
  const std::shared_ptr<CrashFiles> files_;
  const std::unique_ptr<WritableFile> real_;
  const CrashFiles::File content_;
};

void CrashFiles::Names::apply(const Operation& operation) {
  for (const auto& [path, file] : operation.entries) {
    if (file) {
      files[path] = file;
    } else {
      files.erase(path);
    }
  }
  if (!operation.made.empty()) directories.insert(operation.made);
}

void CrashFiles::adopt() {
  const std::lock_guard lock(mutex_);
  if (!fs::exists(root_)) return;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (entry.is_directory()) {
      durable_.directories.insert(entry.path());
    } else {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      durable_.files[entry.path()] = std::make_shared<Content>(Content{bytes, bytes});
    }
  }
  now_ = durable_;
}

void CrashFiles::crash_after(std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  crash_at_ = operations_ + operations;
}

bool CrashFiles::crashed() const {
  const std::lock_guard lock(mutex_);
  return operations_ >= crash_at_;
}

std::uint64_t CrashFiles::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void CrashFiles::set_room(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  room_ = bytes;
}

void CrashFiles::fail_sync(bool fail) {
  const std::lock_guard lock(mutex_);
  fail_sync_ = fail;
}

Result<void> CrashFiles::begin() {
  if (operations_ >= crash_at_) return fail("the power is off");
  ++operations_;
  return {};
}

Result<void> CrashFiles::take_room(std::uint64_t bytes) {
  if (bytes > room_) return fail_errno("cannot write", ENOSPC);
  if (room_ != UINT64_MAX) room_ -= bytes;
  return {};
}

Result<std::unique_ptr<WritableFile>> CrashFiles::create(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  if (auto begun = begin(); !begun) return std::unexpected(begun.error());
  auto real = real_->create(path);
  if (!real) return std::unexpected(real.error());
  File& file = now_.files[path];
  if (!file) {
    file = std::make_shared<Content>();
    pending_[path.parent_path()].push_back({{{path, file}}, {}});
  }
  file->now.clear();
  return std::make_unique<CrashFile>(shared_from_this(), *std::move(real), file);
}

Result<void> CrashFiles::rename(const fs::path& from, const fs::path& to) {
  const std::lock_guard lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  if (auto renamed = real_->rename(from, to); !renamed) return renamed;
  const Operation operation{{{from, nullptr}, {to, now_.files.at(from)}}, {}};
  now_.apply(operation);
  pending_[to.parent_path()].push_back(operation);
  return {};
}

Result<void> CrashFiles::remove(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  if (auto removed = real_->remove(path); !removed) return removed;
  if (!now_.files.contains(path)) return {};
  const Operation operation{{{path, nullptr}}, {}};
  now_.apply(operation);
  pending_[path.parent_path()].push_back(operation);
  return {};
}

Result<void> CrashFiles::make_directories(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  if (auto made = real_->make_directories(path); !made) return made;
  for (fs::path at = path; at != root_ && at.has_relative_path(); at = at.parent_path()) {
    if (!now_.directories.insert(at).second) break;
    pending_[at.parent_path()].push_back({{}, at});
  }
  return {};
}

Result<void> CrashFiles::sync_directory(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  for (const Operation& operation : pending_[path]) durable_.apply(operation);
  pending_[path].clear();
  return {};
}

namespace {

// What was synced; of what was not, nothing, a part, or all, and perhaps as zeros, as file systems leave it.
std::string surviving(const CrashFiles::Content& content, std::mt19937_64& random) {
  if (!content.now.starts_with(content.synced)) return random() % 2 == 0 ? content.now : content.synced;
  std::string bytes =
      content.now.substr(0, content.synced.size() + random() % (content.now.size() - content.synced.size() + 1));
  if (random() % 3 == 0)
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(content.synced.size()), bytes.end(), '\0');
  return bytes;
}

}  // namespace

void CrashFiles::write_survivors(const fs::path& to, std::mt19937_64& random) const {
  const std::lock_guard lock(mutex_);
  Names names = durable_;
  for (const auto& [directory, operations] : pending_) {
    const std::size_t survive = random() % (operations.size() + 1);
    for (std::size_t i = 0; i < survive; ++i) names.apply(operations[i]);
  }
  const auto there = [&](fs::path at) {
    for (; at != root_; at = at.parent_path()) {
      if (!names.directories.contains(at)) return false;
    }
    return true;
  };
  fs::create_directories(to);
  for (const fs::path& directory : names.directories) {
    if (there(directory)) fs::create_directories(to / directory.lexically_relative(root_));
  }
  for (const auto& [path, file] : names.files) {
    if (!there(path.parent_path())) continue;
    const std::string bytes = surviving(*file, random);
    std::ofstream(to / path.lexically_relative(root_), std::ios::binary) << bytes;
  }
}

}  // namespace weir::test
