#include "store/segment_format.h"

#include "base/crc32c.h"
#include "store/row_buffer.h"

namespace weir {
namespace {

// In a column's kind byte.
constexpr unsigned kKindMask = 0x0f, kHasDictionary = 0x10, kHasTable = 0x20;

void put_part(std::string& out, const Part& part) {
  put_varint(out, part.length);
  put_le(out, part.crc);
}

Part read_part(WireReader& in, std::uint64_t& offset) {
  Part part{offset, in.varint(), in.le<std::uint32_t>()};
  if (part.length > UINT64_MAX / 2 - offset) in.fail();
  offset += part.length;
  return part;
}

void put_times(std::string& out, const TimeRange& times) {
  put_varint(out, times.first);
  put_varint(out, times.last - times.first);
}

TimeRange read_times(WireReader& in) {
  TimeRange times;
  times.first = in.varint();
  times.last = times.first + in.varint(UINT64_MAX - times.first);
  return times;
}

void put_address(std::string& out, const IpAddress& address) {
  put_u8(out, static_cast<unsigned>(address.family));
  const std::size_t size = address.family == Family::kNone ? 0 : address.family == Family::kV4 ? 4 : 16;
  out.append(reinterpret_cast<const char*>(address.bytes.data()), size);
}

IpAddress read_address(WireReader& in) {
  switch (static_cast<Family>(in.u8())) {
    case Family::kNone: return {};
    case Family::kV4: {
      const Bytes bytes = in.bytes(4);
      return in.failed() ? IpAddress{} : IpAddress::v4(bytes.data());
    }
    case Family::kV6: {
      const Bytes bytes = in.bytes(16);
      return in.failed() ? IpAddress{} : IpAddress::v6(bytes.data());
    }
  }
  in.fail();
  return {};
}

void put_interface(std::string& out, const InterfaceTotals& t) {
  put_address(out, t.exporter);
  put_text(out, t.host);
  put_text(out, t.interface);
  for (const std::uint64_t v : {t.flows, t.in_packets, t.out_packets, t.in_bytes, t.out_bytes}) put_varint(out, v);
  put_times(out, t.times);
}

InterfaceTotals read_interface(WireReader& in) {
  InterfaceTotals t;
  t.exporter = read_address(in);
  t.host = in.text();
  t.interface = in.text();
  for (std::uint64_t* v : {&t.flows, &t.in_packets, &t.out_packets, &t.in_bytes, &t.out_bytes}) *v = in.varint();
  t.times = read_times(in);
  return t;
}

void put_exporter(std::string& out, const ExporterTotals& t) {
  put_address(out, t.exporter);
  put_text(out, t.host);
  for (const std::uint64_t v : {t.flows, t.packets, t.bytes}) put_varint(out, v);
  put_times(out, t.times);
  put_u8(out, (t.ingress ? 1U : 0U) | (t.egress ? 2U : 0U));
}

ExporterTotals read_exporter(WireReader& in) {
  ExporterTotals t;
  t.exporter = read_address(in);
  t.host = in.text();
  for (std::uint64_t* v : {&t.flows, &t.packets, &t.bytes}) *v = in.varint();
  t.times = read_times(in);
  const unsigned directions = in.u8();
  t.ingress = (directions & 1) != 0;
  t.egress = (directions & 2) != 0;
  if (directions > 3) in.fail();
  return t;
}

void put_summary(std::string& out, const SegmentSummary& s) {
  put_varint(out, s.id);
  put_u8(out, static_cast<unsigned>(s.tier));
  put_varint(out, s.rows);
  put_times(out, s.times);
  for (const std::uint64_t v : {s.flows, s.packets, s.bytes, s.journal_first, s.journal_last}) put_varint(out, v);
  put_varint(out, s.replaces.size());
  for (const std::uint64_t id : s.replaces) put_varint(out, id);
  put_varint(out, s.interfaces.size());
  for (const InterfaceTotals& t : s.interfaces) put_interface(out, t);
  put_varint(out, s.exporters.size());
  for (const ExporterTotals& t : s.exporters) put_exporter(out, t);
}

SegmentSummary read_summary(WireReader& in) {
  SegmentSummary s;
  s.id = in.varint();
  s.tier = static_cast<Tier>(in.u8());
  if (s.tier > Tier::kRollup) in.fail();
  s.rows = static_cast<std::uint32_t>(in.varint(RowBuffer::kMaxRows));
  if (s.rows == 0) in.fail();
  s.times = read_times(in);
  for (std::uint64_t* v : {&s.flows, &s.packets, &s.bytes, &s.journal_first, &s.journal_last}) *v = in.varint();
  s.replaces.resize(in.varint(SegmentSummary::kMaxReplaces));
  for (std::uint64_t& id : s.replaces) id = in.varint();
  s.interfaces.resize(in.varint(SegmentSummary::kMaxTotals));
  for (InterfaceTotals& t : s.interfaces) t = read_interface(in);
  s.exporters.resize(in.varint(SegmentSummary::kMaxTotals));
  for (ExporterTotals& t : s.exporters) t = read_exporter(in);
  return s;
}

void put_column(std::string& out, const ColumnEntry& c) {
  put_text(out, c.name);
  put_u8(out, static_cast<unsigned>(c.kind) | (c.dictionary.length > 0 ? kHasDictionary : 0) |
                  (c.table.length > 0 ? kHasTable : 0));
  put_varint(out, c.pages.length);
  put_part(out, c.directory);
  if (c.dictionary.length > 0) put_part(out, c.dictionary);
  if (c.table.length > 0) put_part(out, c.table);
}

ColumnEntry read_column(WireReader& in, std::uint64_t& offset) {
  ColumnEntry c;
  c.name = in.text();
  const unsigned kind = in.u8();
  if ((kind & kKindMask) > static_cast<unsigned>(DiskKind::kExtras) ||
      (kind & ~(kKindMask | kHasDictionary | kHasTable)) != 0) {
    in.fail();
  }
  c.kind = static_cast<DiskKind>(kind & kKindMask);
  c.pages = {offset, in.varint(UINT64_MAX / 2 - offset), 0};
  offset += c.pages.length;
  c.directory = read_part(in, offset);
  if ((kind & kHasDictionary) != 0) c.dictionary = read_part(in, offset);
  if ((kind & kHasTable) != 0) c.table = read_part(in, offset);
  return c;
}

}  // namespace

DiskKind disk_kind(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kNarrow:
    case ColumnKind::kWide: break;
    case ColumnKind::kAddress: return DiskKind::kAddress;
    case ColumnKind::kBytes: return DiskKind::kBytes;
    case ColumnKind::kExtras: return DiskKind::kExtras;
  }
  return DiskKind::kNumber;
}

std::string encode_footer(const Footer& footer) {
  std::string out;
  put_summary(out, footer.summary);
  put_varint(out, footer.columns.size());
  for (const ColumnEntry& column : footer.columns) put_column(out, column);
  put_part(out, footer.addresses);
  return out;
}

Result<Footer> decode_footer(Bytes bytes, std::uint64_t footer_offset) {
  WireReader in(bytes);
  Footer footer;
  footer.summary = read_summary(in);
  const std::uint64_t columns = in.varint(1024);
  std::uint64_t offset = kSegmentHeader.size();
  for (std::uint64_t i = 0; i < columns && !in.failed(); ++i) footer.columns.push_back(read_column(in, offset));
  footer.addresses = read_part(in, offset);
  if (!in.done() || offset != footer_offset) return fail("malformed footer");
  return footer;
}

std::string encode_trailer(const Trailer& trailer) {
  std::string out;
  put_le(out, trailer.footer_offset);
  put_le(out, trailer.footer_length);
  put_le(out, trailer.footer_crc);
  put_le(out, kSegmentVersion);
  put_le(out, crc32c(as_bytes(out)));
  return out.append(kSegmentEnd);
}

Result<Trailer> decode_trailer(Bytes bytes, std::uint64_t file_size) {
  WireReader in(bytes);
  Trailer trailer;
  trailer.footer_offset = in.le<std::uint64_t>();
  trailer.footer_length = in.le<std::uint32_t>();
  trailer.footer_crc = in.le<std::uint32_t>();
  const auto version = in.le<std::uint32_t>();
  const auto crc = in.le<std::uint32_t>();
  if (as_text(in.bytes(kSegmentEnd.size())) != kSegmentEnd) return fail("not a whole segment: its end is missing");
  if (crc != crc32c(bytes.first(kTrailerSize - kSegmentEnd.size() - sizeof crc))) return fail("the trailer is damaged");
  if (version != kSegmentVersion) return fail("format version " + std::to_string(version) + "; this weir reads 1");
  if (trailer.footer_offset < kSegmentHeader.size() || trailer.footer_offset > file_size ||
      trailer.footer_length != file_size - kTrailerSize - trailer.footer_offset) {
    return fail("the trailer does not fit the file's size");
  }
  return trailer;
}

void put_page_entry(std::string& out, const PageEntry& page) {
  put_u8(out, static_cast<unsigned>(page.presence));
  put_varint(out, page.zone.min);
  put_varint(out, page.zone.max - page.zone.min);
  put_varint(out, page.length);
  if (page.length > 0) put_le(out, page.crc);
}

Result<std::vector<PageEntry>> decode_directory(Bytes bytes, const ColumnEntry& column, unsigned blocks) {
  WireReader in(bytes);
  std::vector<PageEntry> entries(blocks);
  std::uint64_t offset = column.pages.offset;
  for (PageEntry& page : entries) {
    page.presence = static_cast<Presence>(in.u8());
    page.zone.min = in.varint();
    page.zone.max = page.zone.min + in.varint(UINT64_MAX - page.zone.min);
    page.offset = offset;
    page.length = static_cast<std::uint32_t>(in.varint(UINT32_MAX));
    if (page.length > 0) page.crc = in.le<std::uint32_t>();
    const bool constant = column.kind == DiskKind::kExtras ? page.zone.max == 0 : page.zone.min == page.zone.max;
    const bool needs_page = !constant || page.presence >= Presence::kWritten;
    if (page.presence > Presence::kLike || (page.length > 0) != needs_page) in.fail();
    if (page.presence == Presence::kNone && page.zone.max != 0) in.fail();
    offset += page.length;
  }
  if (!in.done() || offset != column.pages.offset + column.pages.length) return fail("malformed page directory");
  return entries;
}

}  // namespace weir
