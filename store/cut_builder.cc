#include "store/cut_builder.h"

#include <algorithm>
#include <set>

#include "store/row_buffer_impl.h"
#include "store/segment_writer.h"

namespace weir {
namespace {

void add_days(std::span<const std::uint64_t> times, std::set<std::uint64_t>& days) {
  std::uint64_t last = UINT64_MAX;
  for (const std::uint64_t time : times) {
    const std::uint64_t day = day_of(time);
    if (day == last) continue;
    days.insert(day);
    last = day;
  }
}

Result<void> add_days(const Segment& segment, std::set<std::uint64_t>& days) {
  Scratch scratch;
  std::vector<std::uint64_t> times(kBlockRows);
  for (unsigned block = 0; block < segment.blocks(); ++block) {
    if (auto read = segment.read(kTimeColumn, block, scratch, times.data()); !read) return read;
    add_days(std::span(times).first(segment.rows_in(block)), days);
  }
  return {};
}

// The UTC days of all rows.
Result<std::set<std::uint64_t>> days_of(const Cut& cut) {
  std::set<std::uint64_t> days;
  for (const auto& frame : cut.frames) {
    if (auto added = add_days(*frame, days); !added) return std::unexpected(added.error());
  }
  if (cut.count != 0) {
    const auto& times = cut.rows.impl().column(kTimeColumn).wide;
    add_days(std::span(times.data(), cut.count), days);
  }
  return days;
}

// Frames of a journal that nobody wrote may have more rows than one segment.
std::size_t how_many_fit(std::span<const std::shared_ptr<const Segment>> frames) {
  std::size_t n = 0;
  for (std::size_t rows = 0; n < frames.size(); ++n) {
    rows += frames[n]->summary().rows;
    if (n != 0 && rows > RowBuffer::kMaxRows) break;
  }
  return n;
}

}  // namespace

// Rows of one cut and day: of memory, or of `frames`.
Result<std::string> CutBuilder::image_of(const Cut& cut, Frames frames, std::uint64_t day) {
  SegmentOptions options;
  options.id = catalog_.take_ids();
  options.journal_first = cut.journal_first;
  options.journal_last = cut.journal_last;
  options.times = day_range(day);
  if (frames.empty()) return encode_segment(cut.rows, 0, cut.count, options);
  return merge_segments(frames, options);
}

Result<void> CutBuilder::write_days(const Cut& cut, Frames frames, const std::set<std::uint64_t>& days,
                                    std::vector<Catalog::NewSegment>& made) {
  for (const std::uint64_t day : days) {
    const auto image = image_of(cut, frames, day);
    if (!image) return std::unexpected(image.error());
    if (image->empty()) continue;
    auto written = catalog_.write_segment(*image, false);
    if (!written) return std::unexpected(written.error());
    made.push_back(*std::move(written));
  }
  return {};
}

Result<void> CutBuilder::write_segments(const Cut& cut, std::vector<Catalog::NewSegment>& made) {
  const auto days = days_of(cut);
  if (!days) return std::unexpected(days.error());
  if (cut.frames.empty()) return write_days(cut, {}, *days, made);
  for (Frames rest = cut.frames; !rest.empty();) {
    const Frames group = rest.first(how_many_fit(rest));
    if (auto written = write_days(cut, group, *days, made); !written) return written;
    rest = rest.subspan(group.size());
  }
  return {};
}

// Frames that have the right checksum and yet do not decode: what can be had of the others is.
void CutBuilder::leave_out_damaged(Cut& cut) const {
  std::erase_if(cut.frames, [&](const std::shared_ptr<const Segment>& frame) {
    const auto sound = frame->verify();
    if (!sound) warn_(sound.error().message + "; its flows are lost");
    return !sound;
  });
}

Result<void> CutBuilder::build(Cut& cut, std::vector<std::uint64_t>& days) {
  if (cut.journal_last == committed_) return catalog_.settle();
  Catalog::Change change;
  if (auto written = write_segments(cut, change.add); !written) {
    catalog_.discard(change.add);
    leave_out_damaged(cut);
    return written;
  }
  for (const auto& made : change.add) days.push_back(made.entry.day());
  change.journal_first = cut.journal_last + 1;
  if (auto committed = catalog_.commit(std::move(change)); !committed) return committed;
  committed_ = cut.journal_last;
  return catalog_.settle();
}

}  // namespace weir
