#include "sinks/spool_format.h"

#include <algorithm>

#include "base/crc32c.h"
#include "sinks/zstd_text.h"

namespace weir {
namespace {

constexpr std::string_view kSegmentMagic = "weirspl1";
constexpr std::uint32_t kItemMagic = 0x4d455449;  // "ITEM"
constexpr std::uint32_t kLargestText = 1U << 30;
constexpr std::size_t kCrc = 4;

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

bool ends_with_crc(Bytes bytes) {
  const std::size_t size = bytes.size() - kCrc;
  return crc32c(bytes.first(size)) == get<std::uint32_t>(bytes, size);
}

// The records that are left are numbered anew, so that the old id would name other ones.
std::uint64_t id_of_rest(const Parcel& parcel) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  return parcel.id() * kOdd + parcel.pending();
}

}  // namespace

std::string make_segment_header(std::uint64_t position) {
  std::string header(kSegmentMagic);
  put(header, position);
  put(header, crc32c(as_bytes(header)));
  return header;
}

std::optional<std::uint64_t> read_segment_header(Bytes bytes) {
  if (bytes.size() < kSpoolSegmentHeader || !as_text(bytes).starts_with(kSegmentMagic)) return std::nullopt;
  if (!ends_with_crc(bytes.first(kSpoolSegmentHeader))) return std::nullopt;
  return get<std::uint64_t>(bytes, kSegmentMagic.size());
}

std::string make_spool_item(const Parcel& parcel) {
  std::string item(kSpoolItemHeader, '\0');
  append_zstd(item, parcel.lines());
  return item;
}

void set_spool_header(std::string& item, const Parcel& parcel, std::uint32_t index, std::uint32_t before) {
  const Bytes stored = as_bytes(item).subspan(kSpoolItemHeader);
  std::string header;
  put(header, kItemMagic);
  put(header, static_cast<std::uint32_t>(stored.size()));
  put(header, static_cast<std::uint32_t>(parcel.lines().size()));
  put(header, static_cast<std::uint32_t>(parcel.pending()));
  put(header, static_cast<std::uint32_t>(parcel.pending_flows()));
  put(header, index);
  put(header, before);
  put(header, parcel.pending() == parcel.records() ? parcel.id() : id_of_rest(parcel));
  put(header, crc32c(stored));
  put(header, crc32c(as_bytes(header)));
  item.replace(0, kSpoolItemHeader, header);
}

std::optional<SpoolItemHeader> read_spool_header(Bytes bytes) {
  if (bytes.size() < kSpoolItemHeader || get<std::uint32_t>(bytes, 0) != kItemMagic) return std::nullopt;
  if (!ends_with_crc(bytes.first(kSpoolItemHeader))) return std::nullopt;
  SpoolItemHeader header;
  header.stored = get<std::uint32_t>(bytes, 4);
  header.text = get<std::uint32_t>(bytes, 8);
  header.records = get<std::uint32_t>(bytes, 12);
  header.flows = get<std::uint32_t>(bytes, 16);
  header.index = get<std::uint32_t>(bytes, 20);
  header.before = get<std::uint32_t>(bytes, 24);
  header.id = get<std::uint64_t>(bytes, 28);
  header.crc = get<std::uint32_t>(bytes, 36);
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
  put(entry, settlement.flows);
  put(entry, static_cast<std::uint32_t>(settlement.bits.size()));
  entry += as_text(settlement.bits);
  put(entry, crc32c(as_bytes(entry)));
  return entry;
}

std::optional<SpoolSettlement> take_settlement(Bytes& bytes) {
  constexpr std::size_t kFixed = 12;
  if (bytes.size() < kFixed + kCrc) return std::nullopt;
  const std::size_t bits = get<std::uint32_t>(bytes, 8);
  if (bits > bytes.size() - kFixed - kCrc || !ends_with_crc(bytes.first(kFixed + bits + kCrc))) return std::nullopt;
  const Bytes value = bytes.subspan(kFixed, bits);
  SpoolSettlement settlement{get<std::uint32_t>(bytes, 0), get<std::uint32_t>(bytes, 4), {value.begin(), value.end()}};
  bytes = bytes.subspan(kFixed + bits + kCrc);
  return settlement;
}

}  // namespace weir
