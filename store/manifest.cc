#include "store/manifest.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/file.h"
#include "store/wire.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "weirMAN\n";
constexpr std::size_t kSegmentBytes = 40;
constexpr std::size_t kExporterBytes = 18;
// Four million segments.
constexpr std::size_t kMaxManifest = std::size_t{160} << 20;

enum SideFlags : std::uint8_t { kIngressFlag = 1, kEgressFlag = 2 };

void put_segment(std::string& out, const SegmentEntry& entry) {
  put_le(out, entry.id);
  put_le(out, entry.times.first);
  put_le(out, entry.times.last);
  put_le(out, entry.size);
  put_le(out, entry.rows);
  put_le(out, static_cast<std::uint8_t>(entry.tier));
  out.append(3, '\0');
}

void put_exporter(std::string& out, const ExporterSides& sides) {
  put_le(out, static_cast<std::uint8_t>(sides.exporter.family));
  put_le(out, static_cast<std::uint8_t>((sides.ingress ? kIngressFlag : 0) | (sides.egress ? kEgressFlag : 0)));
  out.append(as_text(sides.exporter.bytes));
}

SegmentEntry take_segment(WireReader& in) {
  SegmentEntry entry;
  entry.id = in.le<std::uint64_t>();
  entry.times.first = in.le<std::uint64_t>();
  entry.times.last = in.le<std::uint64_t>();
  entry.size = in.le<std::uint64_t>();
  entry.rows = in.le<std::uint32_t>();
  entry.tier = static_cast<Tier>(in.le<std::uint8_t>());
  in.bytes(3);
  return entry;
}

bool sound(const SegmentEntry& entry, const Manifest& manifest) {
  return entry.tier <= Tier::kRollup && entry.id < manifest.next_id && !entry.times.empty() &&
         day_of(entry.times.first) == day_of(entry.times.last);
}

ExporterSides take_exporter(WireReader& in) {
  ExporterSides sides;
  sides.exporter.family = static_cast<Family>(in.le<std::uint8_t>());
  const auto flags = in.le<std::uint8_t>();
  sides.ingress = (flags & kIngressFlag) != 0;
  sides.egress = (flags & kEgressFlag) != 0;
  std::ranges::copy(in.bytes(sizeof(AddressBytes)), sides.exporter.bytes.begin());
  return sides;
}

bool is_family(Family family) { return family == Family::kV4 || family == Family::kV6 || family == Family::kNone; }

}  // namespace

void Manifest::add_sides(const SegmentSummary& summary) {
  for (const ExporterTotals& totals : summary.exporters) {
    if (!totals.ingress && !totals.egress) continue;
    auto at = std::ranges::lower_bound(exporters, totals.exporter, {}, &ExporterSides::exporter);
    if (at == exporters.end() || at->exporter != totals.exporter) {
      if (exporters.size() >= kMaxExporters) continue;
      at = exporters.insert(at, {totals.exporter});
    }
    at->ingress |= totals.ingress;
    at->egress |= totals.egress;
  }
}

std::string encode_manifest(const Manifest& manifest) {
  std::string body;
  body.reserve(40 + manifest.segments.size() * kSegmentBytes + manifest.exporters.size() * kExporterBytes);
  put_le(body, manifest.generation);
  put_le(body, manifest.next_id);
  put_le(body, manifest.journal_first);
  put_le(body, static_cast<std::uint32_t>(manifest.segments.size()));
  put_le(body, static_cast<std::uint32_t>(manifest.exporters.size()));
  for (const SegmentEntry& entry : manifest.segments) put_segment(body, entry);
  for (const ExporterSides& sides : manifest.exporters) put_exporter(body, sides);
  std::string out(kMagic);
  put_le(out, kStoreVersion);
  put_le(out, crc32c(as_bytes(body)));
  return out + body;
}

Result<Manifest> decode_manifest(Bytes bytes) {
  WireReader in(bytes);
  if (as_text(in.bytes(kMagic.size())) != kMagic) return fail("it does not begin like the MANIFEST of a store");
  const auto version = in.le<std::uint32_t>();
  const auto checksum = in.le<std::uint32_t>();
  if (in.failed()) return fail("it is cut short");
  if (version != kStoreVersion)
    return fail("it has format " + std::to_string(version) + ", and this weir knows only format " +
                std::to_string(kStoreVersion) + ": use a newer weir");
  if (checksum != crc32c(bytes.last(in.remaining())))
    return fail("its checksum is wrong; 'weir db check --repair' makes a new one");
  Manifest manifest;
  manifest.generation = in.le<std::uint64_t>();
  manifest.next_id = in.le<std::uint64_t>();
  manifest.journal_first = in.le<std::uint64_t>();
  const std::size_t segments = in.le<std::uint32_t>();
  const std::size_t exporters = in.le<std::uint32_t>();
  if (in.failed() || in.remaining() != segments * kSegmentBytes + exporters * kExporterBytes)
    return fail("its length does not fit what it lists");
  manifest.segments.reserve(segments);
  for (std::size_t i = 0; i < segments; ++i) {
    manifest.segments.push_back(take_segment(in));
    if (!sound(manifest.segments.back(), manifest))
      return fail("segment " + std::to_string(i) + " of it makes no sense");
  }
  manifest.exporters.reserve(exporters);
  for (std::size_t i = 0; i < exporters; ++i) {
    manifest.exporters.push_back(take_exporter(in));
    if (!is_family(manifest.exporters.back().exporter.family))
      return fail("exporter " + std::to_string(i) + " of it makes no sense");
  }
  return manifest;
}

bool has_manifest(const fs::path& dir) {
  std::error_code ignored;
  return fs::exists(dir / kManifestFile, ignored);
}

bool is_untouched(const fs::path& dir) {
  return std::ranges::all_of(list_files(dir), [](const fs::path& file) {
    return file == kLockFile || file.native().ends_with(kTemporarySuffix);
  });
}

Result<Manifest> read_manifest(const fs::path& dir) {
  std::error_code ignored;
  if (is_closed(dir)) {
    return fail("no permission to read the store " + dir.string() + "; run as root, or as a member of its group");
  }
  if (!fs::exists(dir, ignored)) {
    return fail("there is no directory " + dir.string() +
                "; name the store's with -d, or make one: weir collect --to store:" + dir.string());
  }
  if (!fs::is_directory(dir, ignored)) return fail(dir.string() + " is no directory");
  const fs::path path = dir / kManifestFile;
  if (!has_manifest(dir)) {
    if (!fs::exists(dir / kLockFile, ignored)) return fail(dir.string() + " is not a store: it has no MANIFEST");
    if (is_untouched(dir)) return fail(dir.string() + " is a store in which nothing was ever written");
    return fail(dir.string() + " has lost its MANIFEST: 'weir db check --repair -d " + dir.string() +
                "' makes a new one");
  }
  const auto content = read_file(path, kMaxManifest);
  if (!content) return std::unexpected(content.error());
  auto manifest = decode_manifest(as_bytes(*content));
  if (!manifest) return fail(path.string() + ": " + manifest.error().message);
  return manifest;
}

Result<void> write_manifest(FileLayer& files, const fs::path& dir, const Manifest& manifest) {
  const fs::path path = dir / kManifestFile;
  const fs::path temporary = path.string().append(kTemporarySuffix);
  const auto write = [&]() -> Result<void> {
    auto file = files.create(temporary);
    if (!file) return std::unexpected(file.error());
    if (auto written = (*file)->append(as_bytes(encode_manifest(manifest))); !written) return written;
    if (auto synced = (*file)->sync(); !synced) return synced;
    return files.rename(temporary, path);
  };
  auto written = write();
  if (!written) (void)files.remove(temporary);
  return written;
}

}  // namespace weir
