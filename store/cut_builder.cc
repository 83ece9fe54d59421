#include "store/cut_builder.h"

#include <algorithm>
#include <set>

#include "store/journal.h"
#include "store/row_buffer.h"
#include "store/segment_writer.h"

namespace weir {
namespace {

// The UTC days of all rows.
Result<void> add_days(const Segment& segment, std::set<std::uint64_t>& days) {
  const TimeRange& times = segment.summary().times;
  if (day_of(times.first) == day_of(times.last)) {
    days.insert(day_of(times.first));
    return {};
  }
  Scratch scratch;
  std::vector<std::uint64_t> values(kBlockRows);
  for (unsigned block = 0; block < segment.blocks(); ++block) {
    if (auto read = segment.read(kTimeColumn, block, scratch, values.data()); !read) return read;
    for (const std::uint64_t time : std::span(values).first(segment.rows_in(block))) days.insert(day_of(time));
  }
  return {};
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

Result<void> CutBuilder::read_journal(std::uint64_t number) {
  const auto file = JournalFile::open(dir_, number);
  if (!file) return std::unexpected(file.error());
  if (!*file) return {};
  auto content = (*file)->read();
  if (!content) return std::unexpected(content.error());
  for (const std::string& problem : content->damage) warn_((*file)->name() + ": " + problem + "; its flows are lost");
  for (JournalFrame& frame : content->frames) {
    const std::string name = (*file)->name() + ", frame at byte " + std::to_string(frame.offset);
    auto segment = Segment::from_image(std::move(frame.image), name);
    if (segment) {
      frames_.push_back(*std::move(segment));
    } else {
      warn_(segment.error().message + "; its flows are lost");
    }
  }
  return {};
}

Result<void> CutBuilder::write_group(const Cut& cut, std::span<const std::shared_ptr<const Segment>> frames,
                                     std::vector<Catalog::NewSegment>& made) {
  std::set<std::uint64_t> days;
  for (const auto& frame : frames) {
    if (auto added = add_days(*frame, days); !added) return added;
  }
  for (const std::uint64_t day : days) {
    SegmentOptions options;
    options.id = catalog_.take_ids();
    options.effort = Effort::kSmall;
    options.journal_first = cut.journal_first;
    options.journal_last = cut.journal_last;
    options.times = day_range(day);
    const auto image = merge_segments(frames, options);
    if (!image) return std::unexpected(image.error());
    auto written = catalog_.write_segment(*image);
    if (!written) return std::unexpected(written.error());
    made.push_back(*std::move(written));
  }
  return {};
}

Result<void> CutBuilder::write_segments(const Cut& cut, std::vector<Catalog::NewSegment>& made) {
  for (std::span<const std::shared_ptr<const Segment>> rest = frames_; !rest.empty();) {
    const auto group = rest.first(how_many_fit(rest));
    if (auto written = write_group(cut, group, made); !written) return written;
    rest = rest.subspan(group.size());
  }
  return {};
}

// Frames that have the right checksum and yet do not decode: what can be had of the others is.
void CutBuilder::leave_out_damaged() {
  std::erase_if(frames_, [&](const std::shared_ptr<const Segment>& frame) {
    const auto sound = frame->verify();
    if (!sound) warn_(sound.error().message + "; its flows are lost");
    return !sound;
  });
}

Result<void> CutBuilder::build(const Cut& cut, std::vector<std::uint64_t>& days) {
  if (cut.journal_last == committed_) return catalog_.settle();
  if (read_ != cut.journal_last) {
    frames_.clear();
    for (std::uint64_t number = cut.journal_first; number <= cut.journal_last; ++number) {
      if (auto read = read_journal(number); !read) return read;
    }
    read_ = cut.journal_last;
  }
  Catalog::Change change;
  if (auto written = write_segments(cut, change.add); !written) {
    catalog_.discard(change.add);
    leave_out_damaged();
    return written;
  }
  for (const auto& made : change.add) days.push_back(made.entry.day());
  change.journal_first = cut.journal_last + 1;
  if (auto committed = catalog_.commit(std::move(change)); !committed) return committed;
  committed_ = cut.journal_last;
  frames_.clear();
  read_.reset();
  return catalog_.settle();
}

}  // namespace weir
