#include "store/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/crc32c.h"
#include "store/bit_pack.h"
#include "store/layout.h"
#include "store/wire.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "weirWJL\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFileHeader = 24;
constexpr std::uint32_t kFrameMagic = 0x46524a57;  // "WJRF"
constexpr std::size_t kFrameHeader = 24;

std::string file_header(std::uint64_t number) {
  std::string header(kMagic);
  put_le(header, kVersion);
  put_le(header, number);
  put_le(header, crc32c(as_bytes(header)));
  return header;
}

struct FrameHeader {
  std::uint32_t length = 0;
  std::uint32_t checksum = 0;
  std::uint32_t rows = 0;
  std::uint32_t replaces = 0;
};

std::string encode(const FrameHeader& frame) {
  std::string header;
  put_le(header, kFrameMagic);
  put_le(header, frame.length);
  put_le(header, frame.checksum);
  put_le(header, frame.rows);
  put_le(header, frame.replaces);
  put_le(header, crc32c(as_bytes(header)));
  return header;
}

// Nothing when no frame begins at `bytes`.
std::optional<FrameHeader> decode_frame(Bytes bytes) {
  if (bytes.size() < kFrameHeader) return std::nullopt;
  WireReader in(bytes.first(kFrameHeader));
  const auto magic = in.le<std::uint32_t>();
  FrameHeader frame;
  frame.length = in.le<std::uint32_t>();
  frame.checksum = in.le<std::uint32_t>();
  frame.rows = in.le<std::uint32_t>();
  frame.replaces = in.le<std::uint32_t>();
  const auto checksum = in.le<std::uint32_t>();
  if (magic != kFrameMagic || checksum != crc32c(bytes.first(kFrameHeader - sizeof checksum))) return std::nullopt;
  return frame;
}

// Goes through a file's frames, in order.
class Scan {
 public:
  // `name` is the file's, for errors.
  Scan(int fd, const std::string& name, std::uint64_t size) : fd_(fd), name_(name) { result_.size = size; }

  // A header that a crash has torn is no error: then nothing of the file was durable.
  Result<void> header(std::uint64_t number) {
    std::string content;
    const auto whole = read(0, kFileHeader, content);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) return {};
    WireReader in(as_bytes(content));
    const std::string_view magic = as_text(in.bytes(kMagic.size()));
    const auto version = in.le<std::uint32_t>();
    if (magic == kMagic && version > kVersion)
      return fail(name_ + ": it has format " + std::to_string(version) + ", and this weir knows only format " +
                  std::to_string(kVersion) + ": use a newer weir");
    if (content != file_header(number)) {
      result_.damage.emplace_back("its header is damaged");
      return {};
    }
    at_ = result_.good = kFileHeader;
    return {};
  }

  Result<JournalContent> frames() && {
    Result<bool> more = at_ != 0;
    while (more && *more) more = next();
    if (!more) return std::unexpected(more.error());
    // A damaged frame with nothing good behind it is the torn end of the file.
    for (const auto& [offset, problem] : problems_) {
      if (offset < result_.good) result_.damage.push_back("frame at byte " + std::to_string(offset) + ": " + problem);
    }
    for (std::optional<JournalFrame>& frame : standing_) {
      if (frame) result_.frames.push_back(*std::move(frame));
    }
    return std::move(result_);
  }

 private:
  // False where the file ends before.
  Result<bool> read(std::uint64_t offset, std::size_t count, std::string& out) const {
    if (offset > result_.size || count > result_.size - offset) return false;
    out.reserve(count + kPackSlack);  // as Segment::from_image() wants it
    int error = 0;
    out.resize_and_overwrite(count, [&](char* to, std::size_t) {
      std::size_t had = 0;
      while (had < count) {
        const ssize_t n = ::pread(fd_, to + had, count - had, static_cast<off_t>(offset + had));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) error = errno;
        if (n <= 0) break;  // 0: cut meanwhile
        had += static_cast<std::size_t>(n);
      }
      return had;
    });
    if (error != 0) return fail_errno("cannot read " + name_, error);
    return out.size() == count;
  }

  Result<bool> next() {
    std::string header;
    const auto headed = read(at_, kFrameHeader, header);
    if (!headed || !*headed) return headed;
    const auto frame = decode_frame(as_bytes(header));
    if (!frame) return false;
    const std::uint64_t offset = at_;
    std::string image;
    const auto whole = read(offset + kFrameHeader, frame->length, image);
    if (!whole || !*whole) return whole;
    at_ += kFrameHeader + frame->length;
    if (frame->checksum != crc32c(as_bytes(image))) {
      problems_.emplace_back(offset, "its checksum is wrong");
      standing_.emplace_back();
    } else if (frame->replaces > standing_.size()) {
      problems_.emplace_back(offset, "it stands for frames that are not there");
      standing_.emplace_back();
    } else {
      standing_.resize(standing_.size() - frame->replaces);
      standing_.push_back(JournalFrame{offset, frame->rows, std::move(image)});
      result_.good = at_;
    }
    return true;
  }

  const int fd_;
  const std::string& name_;
  std::uint64_t at_ = 0;
  JournalContent result_;
  std::vector<std::optional<JournalFrame>> standing_;  // nothing for a damaged one: `replaces` counts it
  std::vector<std::pair<std::uint64_t, std::string>> problems_;
};

}  // namespace

JournalWriter::JournalWriter(FileLayer& files, fs::path folder, std::uint64_t number,
                             std::unique_ptr<WritableFile> file)
    : files_(files), folder_(std::move(folder)), number_(number), file_(std::move(file)) {}

Result<std::unique_ptr<JournalWriter>> JournalWriter::create(FileLayer& files, const fs::path& dir,
                                                             std::uint64_t number) {
  const fs::path path = dir / journal_file(number);
  auto file = files.create(path);
  if (!file) return std::unexpected(file.error());
  const std::string header = file_header(number);
  if (auto written = (*file)->append(as_bytes(header)); !written) {
    (void)files.remove(path);
    return std::unexpected(written.error());
  }
  std::unique_ptr<JournalWriter> journal(new JournalWriter(files, path.parent_path(), number, std::move(*file)));
  journal->size_ = header.size();
  return journal;
}

Result<void> JournalWriter::append(std::string_view image, std::uint32_t rows, std::uint32_t replaces) {
  const Bytes bytes = as_bytes(image);
  const std::string header = encode({static_cast<std::uint32_t>(bytes.size()), crc32c(bytes), rows, replaces});
  auto written = file_->append(as_bytes(header));
  if (written) written = file_->append(bytes);
  if (written) {
    size_ += header.size() + bytes.size();
  } else if (!file_->truncate(size_)) {
    usable_ = false;
  }
  return written;
}

Result<void> JournalWriter::sync() {
  if (auto synced = file_->sync(); !synced) return synced;
  if (folder_synced_) return {};
  auto synced = files_.sync_directory(folder_);
  folder_synced_ = synced.has_value();
  return synced;
}

Result<std::optional<JournalFile>> JournalFile::open(const fs::path& dir, std::uint64_t number) {
  const fs::path path = dir / journal_file(number);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return JournalFile(std::move(fd), path.string(), number);
  if (errno == ENOENT) return std::nullopt;
  return fail_errno("cannot open " + path.string(), errno);
}

Result<JournalContent> JournalFile::read() const {
  struct stat info{};
  if (::fstat(fd_.get(), &info) != 0) return fail_errno("cannot read " + name_, errno);
  Scan scan(fd_.get(), name_, static_cast<std::uint64_t>(info.st_size));
  if (auto begun = scan.header(number_); !begun) return std::unexpected(begun.error());
  return std::move(scan).frames();
}

}  // namespace weir
