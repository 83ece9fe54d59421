#include "sinks/spool_scan.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>

#include "base/file.h"
#include "base/unique_fd.h"

namespace weir {
namespace {

constexpr std::size_t kLargestSettlements = 256 << 20;
constexpr std::size_t kSearchPiece = 1 << 20;

bool read_at(int fd, std::uint64_t offset, char* to, std::size_t size) {
  while (size != 0) {
    const ssize_t n = ::pread(fd, to, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    to += n;
    size -= static_cast<std::size_t>(n);
    offset += static_cast<std::size_t>(n);
  }
  return true;
}

// Steps from item to item.
class Scan {
 public:
  Scan(int fd, std::uint64_t size) : fd_(fd) { found_.size = size; }

  FoundSegment run() {
    char header[kSpoolSegmentHeader];
    if (read_at(fd_, 0, header, sizeof header)) {
      found_.position = read_segment_header(as_bytes(std::string_view(header, sizeof header)));
    }
    std::uint64_t at = std::min<std::uint64_t>(kSpoolSegmentHeader, found_.size);
    while (at < found_.size) {
      const std::uint64_t next = take(at) ? found_.items.back().offset : search(at + 1);
      found_.unreadable += next - at;
      at = next;
      if (at < found_.size) at += kSpoolItemHeader + found_.items.back().header.stored;
    }
    return std::move(found_);
  }

 private:
  // Whether a whole item is at `at`, which is taken then.
  bool take(std::uint64_t at) {
    char buffer[kSpoolItemHeader];
    if (found_.size - at < sizeof buffer || !read_at(fd_, at, buffer, sizeof buffer)) return false;
    return take(at, as_bytes(std::string_view(buffer, sizeof buffer)));
  }

  bool take(std::uint64_t at, Bytes bytes) {
    const auto header = read_spool_header(bytes);
    if (!header || found_.size - at - kSpoolItemHeader < header->stored) return false;
    // No item is smaller than its header, and none comes twice.
    const std::uint64_t least = found_.items.empty() ? 0 : found_.items.back().header.index + std::uint64_t{1};
    if (header->index < least || header->index > at / kSpoolItemHeader) return false;
    found_.items.push_back({at, *header});
    return true;
  }

  // Where the next item is, which is taken then; the file's end where there is none.
  std::uint64_t search(std::uint64_t at) {
    std::string piece;
    for (; at + kSpoolItemHeader <= found_.size; at += kSearchPiece) {
      piece.resize(std::min<std::uint64_t>(kSearchPiece + kSpoolItemHeader - 1, found_.size - at));
      if (!read_at(fd_, at, piece.data(), piece.size())) break;
      for (std::size_t i = 0; (i = piece.find("ITEM", i)) != std::string::npos; ++i) {
        if (take(at + i, as_bytes(piece).subspan(i))) return at + i;
      }
    }
    return found_.size;
  }

  const int fd_;
  FoundSegment found_;
};

// 0 for the names of other files.
std::uint64_t segment_number(const std::filesystem::path& path) {
  if (path.extension() != ".spool") return 0;
  const std::string stem = path.stem().string();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  return error == std::errc() && end == stem.data() + stem.size() && number < UINT64_MAX ? number : 0;
}

}  // namespace

Result<std::vector<std::uint64_t>> find_segments(const std::filesystem::path& directory) {
  std::vector<std::uint64_t> numbers;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (const std::uint64_t number = segment_number(entry.path()); number != 0) numbers.push_back(number);
  }
  if (error) return fail("cannot read " + directory.string() + ": " + error.message());
  return numbers;
}

Result<FoundSegment> scan_segment(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail_errno("cannot read " + path.string(), errno);
  return Scan(fd.get(), static_cast<std::uint64_t>(info.st_size)).run();
}

FoundSettlements read_settlements(const std::filesystem::path& path) {
  FoundSettlements found;
  const auto content = read_file(path, kLargestSettlements);
  if (!content) return found;
  Bytes rest = as_bytes(*content);
  while (auto entry = take_settlement(rest)) found.entries.push_back(*std::move(entry));
  found.good = content->size() - rest.size();
  return found;
}

std::optional<Parcel> read_parcel(const std::filesystem::path& path, std::uint64_t offset, std::size_t stored) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content(kSpoolItemHeader + stored, '\0');
  if (!fd || !read_at(fd.get(), offset, content.data(), content.size())) return std::nullopt;
  const auto header = read_spool_header(as_bytes(content));
  return header ? read_spool_item(*header, as_bytes(content).subspan(kSpoolItemHeader)) : std::nullopt;
}

}  // namespace weir
