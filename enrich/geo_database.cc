#include "enrich/geo_database.h"

#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "enrich/database_record.h"

namespace weir {
namespace {

std::unexpected<Error> refused(const std::filesystem::path& path, const std::string& why) {
  return fail(path.string() + ": " + why);
}

constexpr std::uint64_t kLargestDatabase = std::uint64_t{4} << 30;  // ten times the largest known
// The metadata are the last thing in a file, and no longer than this with their marker.
constexpr std::size_t kMetadataRoom = 128 << 10;
constexpr std::string_view kMetadataMarker = "\xab\xcd\xefMaxMind.com";
constexpr const char* kNoDatabase =
    "it is no MaxMind DB file (.mmdb), or a damaged one; an archive has to be unpacked first";

// Before memory is spent on it: a database has its metadata at its end.
bool has_metadata(int file, std::uint64_t size) {
  std::string end(std::min<std::uint64_t>(size, kMetadataRoom + kMetadataMarker.size()), '\0');
  const ssize_t n = ::pread(file, end.data(), end.size(), static_cast<off_t>(size - end.size()));
  return n == static_cast<ssize_t>(end.size()) && end.find(kMetadataMarker) != std::string::npos;
}

// A copy of the file in memory.
Result<UniqueFd> copy_of(const std::filesystem::path& path) {
  // Opening a pipe must not wait for its writer.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return fail_errno(path.string(), errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail_errno(path.string(), errno);
  if (!S_ISREG(status.st_mode)) return refused(path, "it is no file");
  auto left = static_cast<std::uint64_t>(status.st_size);
  if (left > kLargestDatabase) return refused(path, "it is larger than 4 GiB");
  if (!has_metadata(file.get(), left)) return refused(path, kNoDatabase);
  UniqueFd memory(::memfd_create("weir-geo", MFD_CLOEXEC));
  if (!memory) return fail_errno("cannot get memory for " + path.string(), errno);
  std::vector<std::uint8_t> piece(std::min<std::uint64_t>(1 << 20, left));
  while (left > 0) {
    const ssize_t n = ::read(file.get(), piece.data(), std::min<std::uint64_t>(piece.size(), left));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(path.string(), errno);
    const Bytes content = Bytes(piece).first(static_cast<std::size_t>(n));
    if (auto written = write_all(memory.get(), content, "memory for " + path.string()); !written) {
      return std::unexpected(written.error());
    }
    left -= content.size();
  }
  return memory;
}

std::string why_not(int error) {
  if (error == MMDB_INVALID_METADATA_ERROR || error == MMDB_CORRUPT_SEARCH_TREE_ERROR ||
      error == MMDB_INVALID_DATA_ERROR || error == MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR) {
    return kNoDatabase;
  }
  return MMDB_strerror(error);
}

}  // namespace

struct GeoDatabase::Impl {
  std::filesystem::path path;
  MMDB_s mmdb{};
  bool open = false;

  ~Impl() {
    if (open) MMDB_close(&mmdb);
  }
  Bytes data() const { return {mmdb.data_section, mmdb.data_section_size}; }
};

GeoDatabase::GeoDatabase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GeoDatabase::~GeoDatabase() = default;

Result<std::shared_ptr<const GeoDatabase>> GeoDatabase::open(const std::filesystem::path& path) {
  const auto copy = copy_of(path);
  if (!copy) return std::unexpected(copy.error());
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  const std::string name = "/proc/self/fd/" + std::to_string(copy->get());
  const int error = MMDB_open(name.c_str(), MMDB_MODE_MMAP, &impl->mmdb);
  if (error != MMDB_SUCCESS) return refused(path, why_not(error));
  impl->open = true;

  std::shared_ptr<GeoDatabase> database(new GeoDatabase(std::move(impl)));
  const MMDB_metadata_s& metadata = database->impl_->mmdb.metadata;
  database->type_ = metadata.database_type == nullptr ? "" : metadata.database_type;
  database->build_time_ = metadata.build_epoch;
  if (auto checked = database->check(); !checked) return std::unexpected(checked.error());
  return database;
}

Result<void> GeoDatabase::check() {
  const MMDB_s& mmdb = impl_->mmdb;
  std::vector<bool> seen(mmdb.data_section_size);
  const auto damaged = [&](std::uint32_t node) {
    return refused(impl_->path, "it is damaged: its search tree leads nowhere at node " + std::to_string(node));
  };
  for (std::uint32_t n = 0; n < mmdb.metadata.node_count; ++n) {
    MMDB_search_node_s node;
    if (MMDB_read_node(&mmdb, n, &node) != MMDB_SUCCESS) return damaged(n);
    const std::pair<std::uint8_t, std::uint32_t> sides[] = {{node.left_record_type, node.left_record_entry.offset},
                                                            {node.right_record_type, node.right_record_entry.offset}};
    for (const auto& [type, offset] : sides) {
      if (type == MMDB_RECORD_TYPE_INVALID) return damaged(n);
      if (type != MMDB_RECORD_TYPE_DATA) continue;
      if (offset >= seen.size()) return damaged(n);
      if (seen[offset]) continue;
      seen[offset] = true;
      PlaceDraft place;
      if (!read_database_record(impl_->data(), offset, place)) {
        return refused(impl_->path, "it is damaged: its record at " + std::to_string(offset) + " cannot be read");
      }
      fields_ |= place.fields();
    }
  }
  if (fields_ == 0) {
    return refused(impl_->path, "a database of type '" + type_ +
                                    "' tells nothing that flows have a field for: country, city, location, AS, ISP "
                                    "or anonymity");
  }
  return {};
}

std::uint64_t GeoDatabase::bytes() const { return static_cast<std::uint64_t>(impl_->mmdb.file_size); }

std::uint32_t GeoDatabase::find(const AddressBytes& address, Family family) const {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const sockaddr* asked = nullptr;
  if (family == Family::kV4) {
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.data(), sizeof v4.sin_addr);
    asked = reinterpret_cast<const sockaddr*>(&v4);
  } else if (family == Family::kV6 && impl_->mmdb.metadata.ip_version == 6) {
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.data(), sizeof v6.sin6_addr);
    asked = reinterpret_cast<const sockaddr*>(&v6);
  } else {
    return 0;
  }
  int error = MMDB_SUCCESS;
  const MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&impl_->mmdb, asked, &error);
  if (error != MMDB_SUCCESS || !found.found_entry || found.entry.offset >= impl_->mmdb.data_section_size) return 0;
  return found.entry.offset + 1;
}

void GeoDatabase::add_to(PlaceDraft& place, std::uint32_t record) const {
  // All records were read once when the file was opened.
  (void)read_database_record(impl_->data(), record - 1, place);
}

}  // namespace weir
