#include "store/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/crc32c.h"
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

// `what` names the file.
Result<std::string> read_all(int fd, const std::string& what) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return fail_errno("cannot read " + what, errno);
  std::string content(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t had = 0;
  while (had < content.size()) {
    const ssize_t n = ::pread(fd, content.data() + had, content.size() - had, static_cast<off_t>(had));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read " + what, errno);
    if (n == 0) break;  // cut meanwhile
    had += static_cast<std::size_t>(n);
  }
  content.resize(had);
  return content;
}

// Goes through a file's frames, in order.
class Scan {
 public:
  explicit Scan(Bytes content) : content_(content) { result_.size = content.size(); }

  // A header that a crash has torn is no error: then nothing of the file was durable.
  Result<void> header(std::uint64_t number) {
    if (content_.size() < kFileHeader) return {};
    WireReader in(content_);
    const std::string_view magic = as_text(in.bytes(kMagic.size()));
    const auto version = in.le<std::uint32_t>();
    if (magic == kMagic && version > kVersion)
      return fail("it has format " + std::to_string(version) + ", and this weir knows only format " +
                  std::to_string(kVersion) + ": use a newer weir");
    if (as_text(content_.first(kFileHeader)) != file_header(number)) {
      result_.damage.emplace_back("its header is damaged");
      return {};
    }
    at_ = result_.good = kFileHeader;
    return {};
  }

  JournalContent frames() && {
    while (at_ != 0 && next()) {
    }
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
  bool next() {
    const Bytes rest = content_.subspan(at_);
    const auto frame = decode_frame(rest);
    if (!frame || frame->length > rest.size() - kFrameHeader) return false;
    const std::uint64_t offset = at_;
    const Bytes image = rest.subspan(kFrameHeader, frame->length);
    at_ += kFrameHeader + frame->length;
    if (frame->checksum != crc32c(image)) {
      problems_.emplace_back(offset, "its checksum is wrong");
      standing_.emplace_back();
    } else if (frame->replaces > standing_.size()) {
      problems_.emplace_back(offset, "it stands for frames that are not there");
      standing_.emplace_back();
    } else {
      standing_.resize(standing_.size() - frame->replaces);
      standing_.push_back(JournalFrame{offset, frame->rows, std::string(as_text(image))});
      result_.good = at_;
    }
    return true;
  }

  const Bytes content_;
  std::size_t at_ = 0;
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
  const auto content = read_all(fd_.get(), name_);
  if (!content) return std::unexpected(content.error());
  Scan scan(as_bytes(*content));
  if (auto begun = scan.header(number_); !begun) return fail(name_ + ": " + begun.error().message);
  return std::move(scan).frames();
}

}  // namespace weir
