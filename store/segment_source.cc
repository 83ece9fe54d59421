#include "store/segment_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/crc32c.h"
#include "store/bit_pack.h"

namespace weir {

Result<SegmentSource> SegmentSource::open(const std::filesystem::path& path) {
  SegmentSource source;
  source.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.fd_) return fail_errno("cannot open", errno);
  struct stat status{};
  if (::fstat(source.fd_.get(), &status) != 0) return fail_errno("cannot stat", errno);
  if (!S_ISREG(status.st_mode)) return fail("not a regular file");
  source.size_ = static_cast<std::uint64_t>(status.st_size);
  return source;
}

SegmentSource SegmentSource::memory(std::string image) {
  SegmentSource source;
  source.size_ = image.size();
  source.image_ = std::move(image);
  source.image_.resize(source.size_ + kPackSlack);
  return source;
}

SegmentSource SegmentSource::borrowed(std::string_view image) {
  SegmentSource source;
  source.borrowed_ = as_bytes(image);
  source.size_ = image.size();
  return source;
}

Result<Bytes> SegmentSource::read(std::uint64_t offset, std::uint64_t length, std::vector<std::uint8_t>& buffer) const {
  if (borrowed_.data() != nullptr) return borrowed_.subspan(offset, length);
  if (!fd_) return as_bytes(image_).subspan(offset, length);
  if (buffer.size() < length + kPackSlack) buffer.resize(length + kPackSlack);
  for (std::uint64_t done = 0; done < length;) {
    const ssize_t got = ::pread(fd_.get(), buffer.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read", errno);
    if (got == 0) return fail("the file has become shorter");
    done += static_cast<std::uint64_t>(got);
  }
  return Bytes(buffer.data(), length);
}

Result<Bytes> SegmentSource::read(const Part& part, std::vector<std::uint8_t>& buffer) const {
  auto bytes = read(part.offset, part.length, buffer);
  if (bytes && crc32c(*bytes) != part.crc) return fail("checksum does not match");
  return bytes;
}

Result<Footer> read_footer(const SegmentSource& source) {
  if (source.size() < kSegmentHeader.size() + kTrailerSize) return fail("not a whole segment: too short");
  std::vector<std::uint8_t> buffer;
  const auto header = source.read(0, kSegmentHeader.size(), buffer);
  if (!header) return std::unexpected(header.error());
  if (as_text(*header) != kSegmentHeader) return fail("not a segment");
  const auto end = source.read(source.size() - kTrailerSize, kTrailerSize, buffer);
  if (!end) return std::unexpected(end.error());
  const auto trailer = decode_trailer(*end, source.size());
  if (!trailer) return std::unexpected(trailer.error());
  const auto bytes = source.read({trailer->footer_offset, trailer->footer_length, trailer->footer_crc}, buffer);
  if (!bytes) return fail("footer: " + bytes.error().message);
  return decode_footer(*bytes, trailer->footer_offset);
}

}  // namespace weir
