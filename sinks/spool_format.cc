#include "sinks/spool_format.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "sinks/zstd_text.h"

namespace weir {
namespace {

constexpr std::uint32_t kItemMagic = 0x4d455449;  // "ITEM"
constexpr std::uint32_t kLargestText = 1U << 30;
constexpr std::size_t kLargestSettlements = 256 << 20;

template <typename T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
}

template <typename T>
T get(Bytes bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = static_cast<T>(value | static_cast<T>(bytes[at + i]) << 8 * i);
  return value;
}

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

// The records that are left are numbered anew, so that the old id would name other ones.
std::uint64_t id_of_rest(const Parcel& parcel) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  return parcel.id() * kOdd + parcel.pending();
}

}  // namespace

std::string make_spool_item(const Parcel& parcel) {
  std::string item(kSpoolItemHeader, '\0');
  append_zstd(item, parcel.lines());
  const Bytes stored = as_bytes(item).subspan(kSpoolItemHeader);
  std::string header;
  put(header, kItemMagic);
  put(header, static_cast<std::uint32_t>(stored.size()));
  put(header, static_cast<std::uint32_t>(parcel.lines().size()));
  put(header, static_cast<std::uint32_t>(parcel.pending()));
  put(header, static_cast<std::uint32_t>(parcel.pending_flows()));
  put(header, parcel.pending() == parcel.records() ? parcel.id() : id_of_rest(parcel));
  put(header, crc32c(stored));
  put(header, crc32c(as_bytes(header)));
  return item.replace(0, kSpoolItemHeader, header);
}

std::optional<SpoolItemHeader> read_spool_header(Bytes bytes) {
  if (bytes.size() < kSpoolItemHeader || get<std::uint32_t>(bytes, 0) != kItemMagic) return std::nullopt;
  if (crc32c(bytes.first(kSpoolItemHeader - 4)) != get<std::uint32_t>(bytes, kSpoolItemHeader - 4)) return std::nullopt;
  SpoolItemHeader header{get<std::uint32_t>(bytes, 4),  get<std::uint32_t>(bytes, 8),  get<std::uint32_t>(bytes, 12),
                         get<std::uint32_t>(bytes, 16), get<std::uint64_t>(bytes, 20), get<std::uint32_t>(bytes, 28)};
  if (header.text > kLargestText || header.records > header.text) return std::nullopt;
  return header;
}

std::optional<Parcel> read_spool_item(const SpoolItemHeader& header, Bytes stored) {
  if (stored.size() != header.stored || crc32c(stored) != header.crc) return std::nullopt;
  auto lines = unzstd(stored, header.text);
  if (!lines || static_cast<std::size_t>(std::ranges::count(*lines, '\n')) != header.records) return std::nullopt;
  return Parcel(header.id, *std::move(lines), header.records, header.flows);
}

std::string make_settlement(const SpoolSettlement& settlement) {
  std::string entry;
  put(entry, settlement.index);
  put(entry, static_cast<std::uint32_t>(settlement.bits.size()));
  entry += as_text(settlement.bits);
  put(entry, crc32c(as_bytes(entry)));
  return entry;
}

Result<FoundSegment> scan_segment(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail_errno("cannot read " + path.string(), errno);
  FoundSegment found;
  found.size = static_cast<std::uint64_t>(info.st_size);
  char buffer[kSpoolItemHeader];
  if (!read_at(fd.get(), 0, buffer, kSpoolMagic.size()) ||
      std::string_view(buffer, kSpoolMagic.size()) != kSpoolMagic) {
    return found;
  }
  found.good = kSpoolMagic.size();
  while (found.size - found.good >= kSpoolItemHeader) {
    if (!read_at(fd.get(), found.good, buffer, sizeof buffer)) break;
    const auto header = read_spool_header(as_bytes(std::string_view(buffer, sizeof buffer)));
    if (!header || found.size - found.good - kSpoolItemHeader < header->stored) break;
    found.items.push_back({found.good, *header});
    found.good += kSpoolItemHeader + header->stored;
  }
  return found;
}

FoundSettlements read_settlements(const std::filesystem::path& path) {
  FoundSettlements found;
  const auto content = read_file(path, kLargestSettlements);
  if (!content) return found;
  const Bytes all = as_bytes(*content);
  constexpr std::size_t kFixed = 12;
  while (all.size() - found.good >= kFixed) {
    const Bytes rest = all.subspan(found.good);
    const std::size_t bits = get<std::uint32_t>(rest, 4);
    if (bits > rest.size() - kFixed) break;
    if (crc32c(rest.first(8 + bits)) != get<std::uint32_t>(rest, 8 + bits)) break;
    const Bytes value = rest.subspan(8, bits);
    found.entries.push_back({get<std::uint32_t>(rest, 0), {value.begin(), value.end()}});
    found.good += kFixed + bits;
  }
  return found;
}

Result<std::string> read_range(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path.string(), errno);
  std::string content(size, '\0');
  if (!read_at(fd.get(), offset, content.data(), size)) return fail("cannot read " + path.string() + ": it is cut");
  return content;
}

}  // namespace weir
