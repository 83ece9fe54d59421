// A segment's image: whatever it holds, opening and reading it gives errors or values, within the bounds of a block.
//
// Checksums would stop nearly every input: those of pages, directories, dictionaries, footer and trailer are put right
// where the frame can be made out.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "store/flow_reader.h"
#include "store/segment_format.h"
#include "store/segment_writer.h"

namespace {

using namespace weir;

Bytes part_bytes(const std::string& image, const Part& part) {
  return as_bytes(image).subspan(part.offset, part.length);
}

// Puts the checksums of the pages right, in the directory's own bytes.
void mend_pages(std::string& image, const ColumnEntry& column, std::size_t blocks) {
  WireReader in(part_bytes(image, column.directory));
  std::uint64_t page = column.pages.offset;
  for (std::size_t i = 0; i < blocks && !in.failed(); ++i) {
    in.u8();
    in.varint();
    in.varint();
    const std::uint64_t length = in.varint();
    if (length == 0) continue;
    const std::size_t at = column.directory.offset + column.directory.length - in.remaining();
    in.le<std::uint32_t>();
    if (in.failed() || length > column.pages.offset + column.pages.length - page) return;
    const std::uint32_t crc = crc32c(part_bytes(image, {page, length, 0}));
    std::memcpy(&image[at], &crc, sizeof crc);
    page += length;
  }
}

// The last 32 bytes' place of the footer is kept where it is sound; else all before them is the footer.
std::string mended(std::string image) {
  if (image.size() < kSegmentHeader.size() + kTrailerSize) return image;
  image.replace(0, kSegmentHeader.size(), kSegmentHeader);
  std::uint64_t offset = 0;
  std::memcpy(&offset, image.data() + image.size() - kTrailerSize, sizeof offset);
  image.resize(image.size() - kTrailerSize);
  if (offset < kSegmentHeader.size() || offset > image.size()) offset = kSegmentHeader.size();
  if (auto footer = decode_footer(as_bytes(image).subspan(offset), offset)) {
    image.resize(offset);
    const std::size_t blocks = (footer->summary.rows + kBlockRows - 1) / kBlockRows;
    for (ColumnEntry& column : footer->columns) {
      mend_pages(image, column, blocks);
      for (Part* part : {&column.directory, &column.dictionary, &column.table})
        part->crc = crc32c(part_bytes(image, *part));
    }
    footer->addresses.crc = crc32c(part_bytes(image, footer->addresses));
    image += encode_footer(*footer);
  }
  const Bytes footer = as_bytes(image).subspan(offset);
  return image + encode_trailer({offset, static_cast<std::uint32_t>(footer.size()), crc32c(footer)});
}

template <typename T>
void read_column(const Segment& segment, ColumnId id, unsigned block, std::uint64_t limit) {
  Scratch scratch;
  std::vector<T> values(segment.rows_in(block));
  std::vector<std::uint16_t> picks;
  for (std::size_t i = 0; i < values.size(); i += 3) picks.push_back(static_cast<std::uint16_t>(i));
  const bool whole = segment.read(id, block, scratch, values.data()).has_value();
  for (const T v : values) {
    if (whole && v > limit) std::abort();
  }
  std::vector<T> some(picks.size());
  if (!segment.gather(id, block, picks, scratch, some.data()) || !whole) return;
  for (std::size_t i = 0; i < picks.size(); ++i) {
    if (some[i] != values[picks[i]]) std::abort();
  }
}

void read_block(const Segment& segment, unsigned block) {
  Scratch scratch;
  std::vector<std::uint8_t> present(segment.rows_in(block));
  const auto addresses = segment.addresses();
  for (const ColumnInfo& info : kColumns) {
    if (info.kind == ColumnKind::kExtras) continue;
    std::uint64_t limit = UINT64_MAX;
    if (info.kind == ColumnKind::kAddress) limit = addresses ? (*addresses)->size() : 0;
    if (info.kind == ColumnKind::kBytes) {
      const auto dictionary = segment.dictionary(info.id);
      limit = dictionary ? (*dictionary)->size() : 0;
    }
    read_column<std::uint64_t>(segment, info.id, block, limit);
    if (info.kind != ColumnKind::kWide) read_column<std::uint32_t>(segment, info.id, block, limit);
    (void)segment.read_presence(info.id, block, scratch, present.data());
    (void)segment.zones(info.id);
  }
  ExtrasBlock extras;
  (void)segment.read_extras(block, scratch, extras);
  BatchWriter writer(BatchPool::create(2), [](const BatchRef&) {});
  (void)read_flows(segment, block, scratch, {}, writer);
}

void read_everything(std::string image) {
  const auto segment = Segment::from_image(std::move(image), "fuzz");
  if (!segment) return;
  const Segment& s = **segment;
  read_block(s, 0);
  if (s.blocks() > 1) read_block(s, s.blocks() - 1);
  if (s.blocks() > 2) return;
  const bool sound = s.verify().has_value();
  const TimeRange half{s.summary().times.first, s.summary().times.first / 2 + s.summary().times.last / 2};
  for (const TimeRange& times : {TimeRange(), half}) {
    const auto merged = merge_segments(std::vector{*segment, *segment}, {.effort = Effort::kSmall, .times = times});
    if (!merged || merged->empty()) continue;
    const auto again = Segment::from_image(*merged, "merged");
    if (sound && (!again || !(*again)->verify())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string image(reinterpret_cast<const char*>(data), size);
  read_everything(mended(image));
  read_everything(image);
  return 0;
}
